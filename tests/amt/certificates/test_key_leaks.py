"""No private key leaves the vault: not into rows, files, pages, logs, audit or process lists."""

import base64
import logging
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.urls import reverse

from amt import private_keys
from amt.certificates.making import Mark, Subject
from amt.models import Certificate
from amt.services import certificates
from tests import factories
from tests.vault.test_leaks import dump

pytestmark = pytest.mark.django_db
SUBJECT = Subject("amt.example.org", "Example", "DE", "Berlin")


def traces(key):
    """Return what would give a private key away, in each way of writing it."""
    numbers = key.private_numbers()
    secret = numbers.d.to_bytes(256, "big")
    prime = numbers.p.to_bytes(128, "big")
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    body = base64.b64encode(der)
    return [
        b"PRIVATE KEY",
        secret,
        prime,
        secret.hex().encode(),
        body[60:120],
        str(numbers.d).encode(),
    ]


def test_keys_stay_in_the_vault_through_a_whole_run(client, caplog, settings, tmp_path):
    caplog.set_level(logging.DEBUG)
    settings.DATA_DIR, settings.VAULT_KEYS = tmp_path, ""
    client.force_login(factories.person())
    server = factories.server(host_name="amt.example.org")
    given = {"server": server.pk, "strength": "standard", "is_ca": "on"}
    assert client.post(reverse("amt:create_certificate"), given).status_code == 200
    words = {"country": "DE", "state": "Berlin", "organization": "Example", "mark": "both"}
    assert client.post(reverse("amt:create_request"), {**given, **words}).status_code == 200
    request = certificates.create_request(
        server=server, subject=SUBJECT, is_ca=True, mark=Mark.BOTH, by=None
    )
    row = Certificate.objects.management().get()
    pages = [
        reverse("amt:certificates"),
        row.get_absolute_url(),
        reverse("amt:download_certificate", args=[row.pk]),
        reverse("amt:download_certificate", args=[row.pk]) + "?form=pem",
        reverse("amt:download_request", args=[request.pk]),
        reverse("amt:zone_hashes"),
        reverse("devices:audit"),
    ]
    seen = b"".join(client.get(page).content for page in pages)
    on_disk = b"".join(path.read_bytes() for path in Path(tmp_path).rglob("*") if path.is_file())
    everything = b"\n".join([dump(), seen, on_disk, caplog.text.encode()])

    assert b"amt.example.org" in everything
    for certificate in Certificate.objects.all():
        for trace in traces(private_keys.of(certificate)):
            assert trace not in everything


def test_certificate_without_key_is_told_apart(db):
    row = certificates.create_management(
        server=factories.server(), by=None, common_name="amt.example.org"
    )
    row.key = None
    with pytest.raises(private_keys.VaultError, match=r"amt\.example\.org is not in the vault"):
        private_keys.of(row)
