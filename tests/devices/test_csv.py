"""Import from CSV: a verdict per line, good lines go in, nothing else does. And the export."""

import csv
import io
import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from amt.models import AmtSettings
from amt.services.onboarding import AmtColumns
from devices.models import AuditEntry, Device, Folder
from devices.models.rights import Role
from devices.services import csv_file, csv_import
from tests import factories

pytestmark = pytest.mark.django_db
ADDRESS = "/devices/import/"


@pytest.fixture
def admin(client):
    user = factories.person()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user


def check(text: str, user, create: bool = False) -> csv_import.Plan:
    return csv_import.check(text, user=user, create_folders=create, extra=AmtColumns(user))


def errors(text: str, user, create: bool = False) -> dict[int, list[str]]:
    return {line.number: line.errors for line in check(text, user, create).bad}


def upload(client, raw: bytes, **fields):
    return client.post(ADDRESS, {"file": SimpleUploadedFile("devices.csv", raw), **fields})


def test_good_lines_are_imported_and_bad_ones_are_left_with_their_reason(client, admin):
    text = "name,host name\nPC-1,pc-1.example.org\nPC-2,not a name\nPC-3,\n"
    dry = upload(client, text.encode())
    assert dry.status_code == 200
    assert not Device.objects.exists()
    assert "2 of 3 lines can be imported" in dry.content.decode()
    assert "&quot;not a name&quot; is not a host name" in dry.content.decode()

    answer = client.post(ADDRESS, {"text": text, "import": "1"}, follow=True)

    assert set(Device.objects.values_list("name", flat=True)) == {"PC-1", "PC-3"}
    assert Device.objects.get(name="PC-1").search_text == "pc-1 pc-1.example.org"
    assert "Imported: 2 devices. 1 line left out." in answer.content.decode()
    entry = AuditEntry.objects.get(verb="device.import")
    assert entry.new == {"devices": 2, "names": ["PC-1", "PC-3"]}


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_columns_may_be_parted_by_comma_semicolon_or_tab(admin, mark):
    text = '\ufeffName{0}Model{0}Folder\r\nPC-1{0}"Tower{0}\n3"{0}Workstations\r\nPC-2\r\n'
    plan = check(csv_file.decode(text.format(mark).encode()), admin)
    assert [(line.number, line.errors) for line in plan.lines] == [(2, []), (4, [])]
    assert plan.lines[0].cell("model") == f"Tower{mark}\n3"


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "CSV file: choose one that is not empty."),
        (b"name\n", "The file has a head but no line below it."),
        (b"\n\n", "The file is empty."),
        (b"model,serial\nx,y\n", "names no column &quot;name&quot;"),
        (b"name,device\nx,y\n", "Two columns mean the same: name."),
        ("name\nMüller-PC\n".encode("latin-1"), "Line 2: the file is not UTF-8 (byte 0xfc)."),
        (b"\xff\xfen\x00a\x00", "Line 1: the file is not UTF-8 (byte 0xff)."),
        (b'name\n"' + b"x" * 200_000 + b'"\n', "this is not CSV"),
        (b'name\nA\n"B\nC\n', "Line 3: a quote (&quot;) is opened here and never closed."),
        (b'name\n"A\nB"\n\n"C"D\n', "Line 5: text follows a closing quote (&quot;)."),
        (b"name\n" + b"x\n" * 20_001, "The file has more than 20,000 lines. Split it."),
        (b"name\n" + b"x" * 5_000_000, "The file has 5.0 MB; 5 MB at most. Split it."),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(client, admin, raw, sentence):
    answer = upload(client, raw)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",x", "Name: it has none."),
        ("x" * 101, "Name has 101 characters; 100 at most."),
        ("x,,,,,,a,b", "It has 8 cells, the first line 6."),
        ("x\x07", "Name: no line breaks or invisible characters; it has U+0007."),
        ('"x\ny"', "Name: no line breaks or invisible characters; it has U+000A."),
        ("x\u202ey", "it has U+202E (right-to-left override)."),
        ("x,,,/Workstations/\u200bLab", "Folder: no line breaks or invisible characters"),
        ("x,\x07", "It has characters that cannot be shown."),
        ("x,-bad-.example", '"-bad-.example" is not a host name.'),
        ("x,,bootp", '"bootp" is neither DHCP nor static.'),
        ("x,,,/Lab", "Folder /Lab is not there."),
        ("x,,,,10.20.2.999,ME", '"10.20.2.999" is not an address. Each part goes from 0 to 255.'),
        ("x,,,,10.20.2.9,ME", "A practice zone reaches only 127.0.0.0/8"),
        ("x,,,,127.0.0.9,Other", "The vault has no credential named Other."),
        ("x,,,,127.0.0.9", "Credential: it has none."),
        ("x,,,,,ME", "AMT address: it has none, but other AMT columns."),
    ],
)
def test_each_rule_of_a_line_is_named(admin, line, reason):
    factories.credential("ME")
    factories.server()
    head = "name,host name,host addressing,folder,AMT address,credential\n"
    found = errors(head + line + "\n", admin)
    assert reason in " ".join(found[2])


def test_another_number_of_cells_than_the_first_line_is_told(admin):
    plan = check("name,model,serial\nA\nB,x,S1,,\nC,x,S2,more\nD,,\n", admin)
    assert [(line.warnings, line.errors) for line in plan.lines] == [
        (["It has 1 cell, the first line 3."], []),
        (["It has 5 cells, the first line 3."], []),
        ([], ["It has 4 cells, the first line 3."]),
        ([], []),
    ]


def test_two_ways_to_write_one_address_are_the_same_address(admin):
    factories.credential("ME")
    factories.server()
    text = "name,AMT address,credential\nA,127.0.0.7,ME\nB,::ffff:127.0.0.7,ME\n"
    assert check(text, admin).lines[1].warnings == ["Line 2 has the same AMT address."]


def test_a_description_may_have_lines_and_tabs(admin):
    csv_import.save(
        check('name,description\nA,"one\ntwo\tthree"\n', admin),
        asked_by=admin,
        extra=AmtColumns(admin),
    )
    assert Device.objects.get().description == "one\ntwo\tthree"


def test_a_name_may_stand_once_in_the_file_and_the_folder(admin):
    factories.device("PC-1")
    found = errors("name\npc-1\nPC-2\nPC-3\nPC-2\n", admin)
    assert found == {
        2: ["Folder /Workstations already has a device named pc-1."],
        5: ["Line 3 has the same name in the same folder."],
    }


def test_the_same_serial_number_is_a_warning(admin):
    factories.device("Old", serial_number="S1")
    plan = check("name,serial\nA,S1\nB,S2\nC,S2\n", admin)
    assert [line.warnings for line in plan.lines] == [
        ["Old has the same serial number."],
        [],
        ["Line 3 has the same serial number."],
    ]
    assert not plan.bad


def test_missing_folders_are_made_when_asked_for(admin):
    text = "name,folder\nA,/Workstations/Lab/North\nB,workstations/lab\nC,/Elsewhere\n"
    plan = check(text, admin, create=True)
    assert plan.new_folders == ["/Workstations/Lab", "/Workstations/Lab/North"]
    assert [line.number for line in plan.bad] == [4]

    csv_import.save(plan, asked_by=admin, extra=AmtColumns(admin))

    north = Folder.objects.get(name="North")
    assert Folder.objects.get_parent(north).name == "Lab"
    assert Device.objects.get(name="A").folder == north
    assert Device.objects.get(name="B").folder.name == "Lab"


def test_lines_of_other_peoples_folders_are_refused():
    mine, other = factories.folder("Mine"), factories.folder("Other")
    user = factories.person(Role.ADMINISTRATOR, mine)
    found = errors(f"name,folder\nA,/Mine\nB,/Workstations/Other\nC,/{other.name}\n", user)
    assert set(found) == {3, 4}
    assert all("you may not add devices there" in " ".join(said) for said in found.values())


def test_amt_columns_set_the_device_up(admin):
    credential, server = factories.credential("ME Labs"), factories.server("Sender")
    text = "name,AMT address,credential,AMT addressing\nA,127.0.0.7,me labs,DHCP\nB,,,\n"
    csv_import.save(check(text, admin), asked_by=admin, extra=AmtColumns(admin))
    row = AmtSettings.objects.get()
    assert (row.address, row.credential, row.server, row.addressing, row.mode) == (
        "127.0.0.7",
        credential,
        server,
        "dhcp",
        "smb",
    )
    device = Device.objects.get(name="A")
    assert (device.mode, device.amt_address) == ("smb", "127.0.0.7")
    assert "127.0.0.7" in device.search_text
    assert Device.objects.get(name="B").mode == ""


def test_amt_columns_need_the_right_to_use_credentials():
    factories.credential("ME")
    factories.server()
    lab = factories.folder("Lab")
    user = factories.person(Role.ADMINISTRATOR, lab, without=("credentials",))
    text = "name,folder,AMT address,credential\nA,/Lab,127.0.0.7,ME\nB,/Lab,,\n"
    assert list(errors(text, user)) == [2]


def test_unknown_columns_are_named_and_left_out(admin):
    plan = check("name,power,colour\nA,on,red\n", admin)
    assert plan.ignored == ["power", "colour"]


def test_bad_lines_can_be_had_as_a_file_to_correct(client, admin):
    answer = client.post(ADDRESS, {"text": "name,model\n=cmd,x\n,y\n", "bad": "1"})
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert rows == [["line", "reason", "name", "model"], ["3", "Name: it has none.", "", "y"]]


def test_five_thousand_lines_are_checked_and_imported_in_seconds(admin):
    factories.credential("ME")
    factories.server()
    rows = [f"PC-{n},/Workstations/Lab {n % 40},127.{n // 250}.{n % 250}.1,ME" for n in range(5000)]
    rows[7], rows[99] = "PC-7,/Workstations,999.1.1.1,ME", ",,,"
    text = "name,folder,AMT address,credential\n" + "\n".join(rows)
    begun = time.process_time()
    plan = check(text, admin, create=True)
    csv_import.save(plan, asked_by=admin, extra=AmtColumns(admin))
    assert time.process_time() - begun < 10  # of this process: others share the machine
    assert Device.objects.count() == 4998
    assert [line.number for line in plan.bad] == [9]


def test_an_import_that_fails_in_the_middle_leaves_nothing(admin):
    plan = check("name,folder\nA,/Workstations/New\n", admin, create=True)
    lab = factories.folder("New")
    factories.device("A", lab)
    with pytest.raises(csv_import.ValidationError):
        csv_import.save(plan, asked_by=admin, extra=AmtColumns(admin))
    assert Device.objects.count() == 1


def test_a_monitor_cannot_import(client):
    client.force_login(
        factories.person(Role.MONITOR), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert client.get(ADDRESS).status_code == 403


def test_an_export_can_be_imported_again(client, admin):
    lab = factories.folder("Lab")
    factories.device("=PC-1", lab, host_name="pc.example.org", description='say "hi", all')
    answer = client.get(reverse("devices:export"))
    text = b"".join(answer.streaming_content).decode()
    assert "'=PC-1" in text
    Device.objects.all().delete()

    csv_import.save(check(text, admin), asked_by=admin, extra=AmtColumns(admin))

    again = Device.objects.get()
    assert (again.name, again.folder.name, again.description) == ("=PC-1", "Lab", 'say "hi", all')


def test_an_import_without_a_good_line_says_beside_its_button_why(client, admin):
    said = upload(client, b"name,model\n,x\n").content.decode()
    assert 'disabled title="No line can be imported" aria-describedby="no-good-line"' in said
    assert "No line can be imported; each says why below." in said
