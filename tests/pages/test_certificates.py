"""Certificates in the browser: created, requested, signed outside, imported, shown, written."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from amt.protocol import setup_bin
from amt.services import certificates
from tests.amt.certificates.openssl import Authority, openssl
from tests.factories import credential, person, server

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "Zebra-77-Crossing"


def test_from_the_request_to_the_certificate(tabs, axe, tmp_path):
    server("site", host_name="amt.example.org")
    page = tabs.open(person())
    page.goto("/configuration/certificates/")
    expect(page.get_by_text("No management certificate yet")).to_be_visible()
    page.get_by_role("button", name="Create request").click()
    dialog = page.get_by_role("dialog")
    for label, value in (("Country", "DE"), ("State", "Berlin"), ("Organization", "Example")):
        dialog.get_by_label(label, exact=True).fill(value)
    dialog.get_by_role("button", name="OK").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    request = tmp_path / "request.csr"
    download.value.save_as(request)
    authority = Authority(tmp_path / "ca")
    signed = authority.sign(request)

    page.get_by_role("link", name="Import").click()
    page.get_by_label("Certificate").set_input_files([signed, authority.root])
    page.get_by_label("Check only").check()
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("heading", name="Verdicts")).to_be_visible()
    expect(page.get_by_role("cell", name="mark", exact=True)).to_be_visible()
    assert axe(page) == []
    page.get_by_label("Certificate").set_input_files([signed, authority.root])
    page.get_by_label("Check only").uncheck()
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("amt.example.org")
    expect(page.get_by_text("root: its hash must be in the device")).to_be_visible()
    assert axe(page) == []


def test_from_the_hash_to_the_stick(tabs, tmp_path):
    site = server("site", host_name="amt.example.org")
    credential("ME", PASSWORD)
    certificates.create_management(server=site, by=None)
    page = tabs.open(person())
    page.goto("/configuration/certificates/hashes/")
    page.get_by_role("button", name="Copy SHA1 as MEBx takes it").click()
    expect(page.get_by_role("button", name="Copy SHA1 as MEBx takes it")).to_have_text("Copied")
    page.get_by_role("link", name="setup.bin").click()
    page.get_by_role("button", name=re.compile("Browse|Look up|credential", re.I)).first.click()
    lookup = page.get_by_role("dialog")
    lookup.get_by_text("ME", exact=True).click()
    lookup.get_by_role("button", name="OK").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download setup.bin").click()
    download.value.save_as(tmp_path / "setup.bin")
    (record,) = setup_bin.read(Path(tmp_path / "setup.bin").read_bytes()).records
    assert record.get((1, 2)) == PASSWORD.encode()


def test_refused_certificate_shows_why_and_is_not_imported(tabs, tmp_path):
    server("site", host_name="amt.example.org")
    tabs.expect("422")
    page = tabs.open(person())
    page.goto("/configuration/certificates/import/")
    (tmp_path / "garbage.der").write_bytes(b"\x30\x82garbage")
    page.get_by_label("Certificate").set_input_files([tmp_path / "garbage.der"])
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("garbage.der: The file is no certificate")).to_be_visible()
    authority = Authority(tmp_path / "ca")
    openssl(
        *("req", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "k"),
        *("-subj", "/OU=Intel(R) Client Setup Certificate/CN=a.example.org"),
        *("-out", tmp_path / "other.csr"),
    )
    page.get_by_label("Certificate").set_input_files([authority.sign(tmp_path / "other.csr")])
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("No request of this zone has its key")).to_be_visible()


def test_wizard_goes_on_where_it_stopped(tabs, axe):
    server("site", host_name="amt.example.org")
    tabs.expect("422")
    page = tabs.open(person())
    page.goto("/configuration/certificates/change/")
    page.get_by_role("button", name="Begin the change").click()
    page.get_by_role("button", name="Done, go on").click()
    page.get_by_label("A new internal certificate authority").check()
    page.get_by_role("button", name="Done, go on").click()
    page.goto("/configuration/certificates/")
    expect(page.get_by_text("it stands at “Delete the management certificates”")).to_be_visible()
    page.get_by_role("link", name="Go on").click()
    page.get_by_role("button", name="Done, go on").click()
    expect(page.get_by_role("button", name="Restart services")).to_be_visible()
    page.get_by_role("button", name="Done, go on").click()
    expect(page.get_by_role("alert")).to_contain_text("were not restarted yet")
    page.get_by_role("button", name="Restart services").click()
    page.get_by_label("Go on without the servers that are silent").check()
    page.get_by_role("button", name="Done, go on").click()
    page.get_by_role("button", name="Done, go on").click()
    expect(page.get_by_text("Rediscover the devices")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("button", name="Done, go on").click()
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_text("The zone certificate is changed.")).to_be_visible()
