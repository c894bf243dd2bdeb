"""Folders and devices are made, renamed, moved and deleted; a file is checked, then imported."""

import re

import pytest
from playwright.sync_api import expect

from devices.models import Device, Folder
from tests.factories import credential, device, folder, person, server

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CSV = """name,folder,AMT address,credential
LAB-01,/Workstations/Lab-9,127.0.1.1,ME Labs
LAB-02,/Workstations/Lab-9,10.20.2.999,ME Labs
LAB-03,/Workstations/Lab-9,,
"""


def in_dialog(page, **fields):
    """Fill the open dialog and press OK."""
    dialog = page.get_by_role("dialog")
    for label, text in fields.items():
        dialog.get_by_role("textbox", name=re.compile(f"^{label}")).fill(text)
    dialog.get_by_role("button", name=re.compile("^OK")).click()


def test_folder_is_made_renamed_moved_and_deleted(tabs):
    target = folder("Target")
    page = tabs.open(person())
    page.goto(Folder.objects.get(name="Workstations").get_absolute_url())
    page.get_by_role("button", name="New", exact=True).click()
    page.get_by_role("menuitem", name="Folder").click()
    in_dialog(page, Name="Lab-1")
    expect(page.get_by_role("heading", level=1, name="Lab-1")).to_be_visible()

    page.get_by_role("button", name="Folder", exact=True).click()
    page.get_by_role("menuitem", name="Rename").click()
    in_dialog(page, Name="Lab-One")
    expect(page.get_by_role("heading", level=1, name="Lab-One")).to_be_visible()

    page.get_by_role("button", name="Folder", exact=True).click()
    page.get_by_role("menuitem", name="Move").click()
    choose_folder(page, "Target")
    in_dialog(page)
    expect(page.get_by_role("navigation", name="breadcrumb")).to_contain_text("Target")
    target.refresh_from_db()  # folders stand in order of the alphabet
    assert Folder.objects.get(name="Lab-One").path.startswith(target.path)

    page.get_by_role("button", name="Folder", exact=True).click()
    page.get_by_role("menuitem", name="Delete").click()
    in_dialog(page)
    expect(page.get_by_role("heading", level=1, name="Target")).to_be_visible()
    assert not Folder.objects.filter(name="Lab-One").exists()


def choose_folder(page, name):
    page.get_by_role("button", name="Browse for a folder").click()
    lookup = page.get_by_role("dialog").last
    lookup.get_by_role("radio", name=re.compile(name)).check()
    lookup.get_by_role("button", name="OK").click()


def test_device_is_made_edited_moved_and_deleted(tabs):
    folder("Lab-2")
    page = tabs.open(person())
    page.goto("/devices/")
    page.get_by_role("button", name="New", exact=True).click()
    page.get_by_role("menuitem", name="Device").click()
    in_dialog(page, Name="PC-9")
    expect(page.get_by_role("heading", level=1, name="PC-9")).to_be_visible()

    page.get_by_role("button", name="Edit").first.click()
    in_dialog(page, Model="Simulated desktop")
    expect(page.get_by_role("main")).to_contain_text("Simulated desktop")

    page.goto("/devices/")
    page.get_by_label("Select PC-9").check()
    page.get_by_role("button", name="Action").click()
    page.get_by_role("menuitem", name="Move").click()
    choose_folder(page, "Lab-2")
    in_dialog(page)
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert Device.objects.get(name="PC-9").folder.name == "Lab-2"

    page.goto("/devices/")
    page.get_by_label("Select PC-9").check()
    page.get_by_role("button", name="Delete").click()
    in_dialog(page)
    expect(page.get_by_role("link", name="PC-9", exact=True)).to_have_count(0)


def test_search_filter_sort_and_columns_keep_their_place_in_the_address(tabs):
    for number in range(30):
        device(f"LAB-{number:02}", model="Elite" if number % 2 else "Opti")
    page = tabs.open(person())
    page.goto("/devices/?size=25")
    search = page.get_by_role("searchbox", name="Search in")
    search.press_sequentially("LAB-2")
    expect(page).to_have_url(re.compile("q=LAB-2"))
    expect(page.locator("tbody tr[data-pk]")).to_have_count(10)
    expect(search).to_be_focused()

    page.get_by_role("link", name=re.compile("^Name")).click()
    expect(page.locator("tbody tr[data-pk]").first).to_contain_text("LAB-29")
    page.reload()
    expect(page.locator("tbody tr[data-pk]").first).to_contain_text("LAB-29")


def test_selection_survives_paging_and_takes_all_of_the_filter(tabs):
    for number in range(30):
        device(f"LAB-{number:02}")
    page = tabs.open(person())
    page.goto("/devices/?size=25")
    page.get_by_label("Select LAB-00").check()
    page.get_by_role("link", name="Next").click()
    page.get_by_label("Select LAB-29").check()
    expect(page.get_by_text("2 selected")).to_be_visible()

    page.get_by_role("button", name="Select all 30").click()
    expect(page.get_by_text(re.compile("All 30 .*selected"))).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text("selected")).to_be_hidden()


def test_file_is_checked_line_by_line_then_its_good_lines_are_imported(tabs, tmp_path, axe):
    credential("ME Labs")
    server("SRV-1")
    (tmp_path / "devices.csv").write_text(CSV)
    page = tabs.open(person())
    page.goto("/devices/import/")
    page.get_by_label("CSV file").set_input_files(tmp_path / "devices.csv")
    page.get_by_label("Make missing folders").check()
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("status").first).to_contain_text("2 of 3 lines can be imported")
    expect(page.get_by_role("row", name=re.compile("^3 .*10.20.2.999"))).to_be_visible()
    assert not Device.objects.exists()
    assert axe(page) == []

    page.get_by_role("button", name="Import 2 devices").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Import from CSV")
    assert list(Device.objects.values_list("name", "mode")) == [("LAB-01", "smb"), ("LAB-03", "")]
    assert Device.objects.first().folder.name == "Lab-9"
