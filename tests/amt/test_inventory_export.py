"""Inventories of many devices as CSV and JSON: whose, how guarded, read in chunks and streamed."""

import csv
import io
import json

import pytest
from django.urls import reverse
from django.utils import timezone

from amt.models import AmtInventory
from amt.services import inventory_export
from devices.models import Device, HostReport
from devices.models.rights import Role
from devices.services.tree import Tree
from devices.streaming import StreamedFile
from tests import factories

pytestmark = pytest.mark.django_db
CSV, JSON = "amt:inventories_csv", "amt:inventories_json"


def inventoried(name: str, where=None, **fields) -> Device:
    """Return a device of which both sources told something."""
    device = factories.device(name, where, **fields)
    AmtInventory.objects.create(
        device=device,
        facts={"BIOS": {"Version": "1.2"}, "Memory": {"Size": "8 GiB"}},
        events=[[None, "critical", "Fan"]],
        read_at=timezone.now(),
    )
    software = [["Editor", "1.0"], ["=cmd()", "@1"]]
    HostReport.objects.create(
        device=device, os_name="Example OS", software=software, reported_at=timezone.now()
    )
    return device


def text_of(answer) -> str:
    return b"".join(answer).decode()


def test_csv_has_a_line_for_each_value_and_no_formula(client):
    lab = factories.folder("Lab")
    inventoried("PC-1", lab)
    factories.device("PC-2", lab)
    client.force_login(factories.person())
    lines = list(csv.reader(io.StringIO(text_of(client.get(reverse(CSV))))))
    assert lines[0] == ["device", "folder", "source", "section", "name", "value"]
    assert ["PC-1", "/Workstations/Lab", "Intel AMT", "BIOS", "Version", "1.2"] in lines
    assert ["PC-1", "/Workstations/Lab", "Agent", "Host", "Operating system", "Example OS"] in lines
    assert lines[-1][-2:] == ["Software: =cmd()", "'@1"]
    assert not any(cell.startswith(("=", "@")) for line in lines for cell in line)
    assert {line[0] for line in lines[1:]} == {"PC-1"}


def test_json_has_an_object_for_each_device(client):
    inventoried("PC-1")
    factories.device("PC-2")
    client.force_login(factories.person())
    answer = client.get(reverse(JSON))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="inventories.json"'
    first, second = json.loads(text_of(answer))
    assert first["device"] == "PC-1"
    assert first["folder"] == "/Workstations"
    assert first["amt"]["facts"]["BIOS"] == {"Version": "1.2"}
    assert first["events"] == [[None, "critical", "Fan"]]
    assert (second["amt"], second["agent"]) == (None, {})
    assert json.loads(text_of(client.get(reverse(JSON), {"q": "nothing like it"}))) == []


def test_what_is_exported_is_the_selection_or_the_filter_of_the_list(client):
    chosen, other = inventoried("PC-1", mode="smb"), inventoried("PC-2")
    client.force_login(factories.person())

    def names(answer) -> list[str]:
        return [one["device"] for one in json.loads(text_of(answer))]

    place = reverse(JSON)
    assert names(client.post(f"{place}?mode=smb", {"pk": [other.pk]})) == ["PC-2"]
    assert names(client.post(f"{place}?mode=smb")) == ["PC-1"]
    assert names(client.post(place, {"all": "1", "filter": "mode=smb"})) == [chosen.name]
    assert names(client.post(place, {"all": "1", "filter": "fact=wide%7Copen"})) == []
    assert names(client.get(place, {"mode": "smb"})) == ["PC-1"]


def test_nobody_is_given_devices_of_other_folders(client):
    lab = factories.folder("Lab")
    inventoried("Mine", lab)
    theirs = inventoried("Theirs")
    client.force_login(factories.person(Role.MONITOR, lab))
    for answer in (
        client.get(reverse(CSV)),
        client.get(reverse(JSON)),
        client.post(reverse(CSV), {"pk": theirs.pk}),
        client.post(reverse(JSON), {"all": "1", "filter": ""}),
    ):
        assert "Theirs" not in text_of(answer)


def test_chunks_are_read_while_the_file_is_sent(client, django_assert_max_num_queries):
    for number in range(130):
        inventoried(f"PC-{number:03}")
    pieces = inventory_export.json_pieces(Device.objects.all(), Tree.visible_to(factories.person()))
    with django_assert_max_num_queries(3):
        next(pieces)
    with django_assert_max_num_queries(4):
        assert sum(1 for _ in pieces) == 130
    client.force_login(factories.person())
    with django_assert_max_num_queries(20):
        text_of(client.get(reverse(CSV)))


async def test_the_asynchronous_server_sends_before_all_is_made():
    made = []

    def pieces():
        for number in range(450):
            made.append(number)
            yield f"{number}\n"

    answer = StreamedFile(pieces(), name="some.csv", content_type="text/csv")
    parts, made_then = [], []
    async for part in answer:
        parts.append(part)
        made_then.append(len(made))
    assert made_then == [200, 400, 450]
    assert b"".join(parts).split() == [str(number).encode() for number in made]
