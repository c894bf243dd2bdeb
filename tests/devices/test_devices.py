"""The list of devices, its menus and dialogs, and the page of one device."""

import csv
import io
from datetime import timedelta
from itertools import product

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from devices.models import AuditEntry, Device, Folder, Job, JobItem
from devices.models.rights import Role
from devices.power_groups import GROUPS
from devices.services import devices as services
from devices.services import selection
from devices.services.listing import in_power_group
from devices.state_words import seen_power
from tests import factories

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def lab() -> Folder:
    return factories.folder("Lab")


def signed_in(client, role: str = Role.ADMINISTRATOR, *folders: Folder, **options):
    user = factories.person(role, *folders, **options)
    client.force_login(user, backend=BACKEND)
    return user


def names(answer) -> list[str]:
    return [device.name for device in answer.context["page"].rows]


def order(device: Device, status: str = "done", title: str = "Power On") -> JobItem:
    job = Job.objects.create(
        kind=Job.Kind.POWER,
        task="power.tasks.none",
        title=title,
        is_order=True,
        asked_by_name="somebody",
        expires_at=timezone.now(),
        device_count=1,
    )
    return JobItem.objects.create(
        job=job, position=0, device=device, device_name=device.name, status=status
    )


# The list


def test_the_zone_lists_all_that_may_be_seen_and_a_folder_what_is_below_it(client, lab):
    north = factories.folder("North", lab)
    factories.device("A", lab), factories.device("B", north), factories.device("C")
    signed_in(client)
    assert names(client.get(reverse("devices:devices"))) == ["A", "B", "C"]
    assert names(client.get(lab.get_absolute_url())) == ["A", "B"]
    assert names(client.get(lab.get_absolute_url() + "?here=1")) == ["A"]


def test_other_peoples_devices_are_neither_listed_nor_counted(client, lab):
    factories.device("Mine", lab), factories.device("Other")
    signed_in(client, Role.POWER_OPERATOR, lab)
    answer = client.get(reverse("devices:devices"))
    assert names(answer) == ["Mine"]
    assert "1 device<" in answer.content.decode()
    assert "Other" not in answer.content.decode()


@pytest.mark.parametrize("text", ["lab-007", "LAB 12.example", "10.20.2.7", "s00x", "tower"])
def test_the_search_looks_at_names_addresses_models_and_serial_numbers(client, text):
    factories.device(
        "LAB-007",
        host_name="pc12.example",
        model="Tower 3",
        serial_number="S00X",
        amt_address="10.20.2.7",
    )
    factories.device("OTHER")
    signed_in(client)
    answer = client.get(reverse("devices:devices"), {"q": text}, **HTMX)
    assert names(answer) == ["LAB-007"]
    assert "<html" not in answer.content.decode()


def test_nothing_found_in_a_folder_says_how_many_the_zone_has(client, lab):
    factories.device("PC-1"), factories.device("A", lab)
    signed_in(client)
    answer = client.get(lab.get_absolute_url(), {"q": "pc"})
    assert "No device in Lab matches" in answer.content.decode()
    assert "Search the whole zone (1)" in answer.content.decode()


def test_filters_are_chips_that_can_be_taken_away_one_by_one(client):
    factories.device("A", mode="smb", connection="Plain", amt_version="11.8")
    factories.device("B", mode="enterprise", connection="TLS 1.3", amt_version="16.1")
    factories.device("C")
    signed_in(client)
    asked = {"mode": "smb", "connection": "Plain", "amt": "11", "simulated": "no"}
    answer = client.get(reverse("devices:devices"), asked)
    assert names(answer) == ["A"]
    chips = dict(answer.context["chips"])
    assert set(chips) == {"SMB", "Plain", "AMT 11", "Not simulated"}
    assert "mode" not in QueryDict(chips["SMB"])
    assert names(client.get(reverse("devices:devices") + "?mode=none")) == ["C"]
    assert names(client.get(reverse("devices:devices") + "?connection=none")) == ["C"]


def power_zoo() -> dict[str, Device]:
    """Return a device in each state that the list tells apart."""
    now = timezone.now()
    seen = {
        "on": (2, 10, None),
        "sleep": (4, 10, None),
        "off": (8, 10, None),
        "old": (8, 3600, None),
        "unknown": (8, 10, now),
        "not-read": (None, None, None),
    }
    return {
        group: factories.device(
            group,
            power_state=state,
            power_seen_at=now - timedelta(seconds=age) if age else None,
            unreadable_since=unreadable,
        )
        for group, (state, age, unreadable) in seen.items()
    }


@pytest.mark.parametrize("group", ["on", "sleep", "off", "old", "unknown", "not-read"])
def test_each_power_group_shows_its_own_devices_and_unknown_is_never_off(client, group):
    power_zoo()
    signed_in(client)
    assert names(client.get(reverse("devices:devices"), {"power": group})) == [group]


def test_the_words_in_the_list_agree_with_the_groups_of_the_filter():
    words = {
        group: seen_power(device, poll_seconds=300).word.text
        for group, device in power_zoo().items()
    }
    assert words == {
        "on": "On",
        "sleep": "Sleep",
        "off": "Off",
        "old": "was off",
        "unknown": "Unknown",
        "not-read": "not read",
    }


def test_a_filter_finds_as_many_as_are_counted_whatever_was_seen_of_a_device():
    now, old = timezone.now(), timedelta(seconds=900)
    for state, age, is_unreadable in product(
        (None, 0, 2, 3, 4, 6, 7, 8, 9), (None, 10, 3600, 90_000), (False, True)
    ):
        factories.device(
            power_state=state,
            power_seen_at=now - timedelta(seconds=age) if age else None,
            unreadable_since=now if is_unreadable else None,
        )
    counted = Device.objects.counts_by_power(old_after=old)
    for group in GROUPS:
        found = Device.objects.filter(in_power_group(group, old))
        same = Device.objects.with_power_group(old_after=old).filter(power_group=group)
        assert set(found) == set(same), group
        assert found.count() == counted[group]


def test_the_power_column_sorts_by_what_it_says(client):
    power_zoo()
    signed_in(client)
    answer = client.get(reverse("devices:devices"), {"sort": "power"})
    assert names(answer) == ["on", "sleep", "off", "old", "unknown", "not-read"]
    answer = client.get(reverse("devices:devices"), {"sort": "-power"})
    assert names(answer)[0] == "not-read"


def test_amt_versions_sort_as_numbers_do(client):
    for version in ("16.1", "9.5", "11.8"):
        factories.device(f"v{version}", amt_version=version)
    signed_in(client)
    answer = client.get(reverse("devices:devices"), {"sort": "amt"})
    assert names(answer) == ["v9.5", "v11.8", "v16.1"]


def test_every_column_can_be_shown_and_sorted_by(client, django_assert_num_queries):
    factories.device("A", description="by the door"), factories.device("B")
    user = signed_in(client)
    user.preferences = {"columns": {"devices": ["folder", "comment", "host", "model", "serial"]}}
    user.save()
    for name in ("name", "power", "mode", "amt", "connection", "address", "folder", "comment"):
        answer = client.get(reverse("devices:devices"), {"sort": f"-{name}"})
        assert set(names(answer)) == {"A", "B"}
    assert "by the door" in answer.content.decode()


def test_chosen_columns_are_remembered_and_can_be_reset(client):
    user = signed_in(client)
    client.post(reverse("devices:choose_columns"), {"column": ["model", "mode", "nonsense"]})
    answer = client.get(reverse("devices:devices"))
    assert [column.name for column in answer.context["columns"]] == ["name", "mode", "model"]
    client.post(reverse("devices:choose_columns"), {"reset": "1"})
    user.refresh_from_db()
    assert user.preferences == {"columns": {}}


def test_a_poll_gets_the_states_of_its_own_rows_and_nothing_else(client, lab):
    mine, other = factories.device("Mine", lab), factories.device("Other")
    factories.device("Unasked", lab)
    signed_in(client, Role.MONITOR, lab)
    answer = client.get(reverse("devices:states"), {"ids": f"{mine.pk},{other.pk},x"})
    text = answer.content.decode()
    assert text.count("<span id=") == 1
    assert f'id="power-{mine.pk}"' in text
    assert 'hx-swap-oob="true"' in text


@pytest.mark.parametrize(("role", "folders"), [(Role.ADMINISTRATOR, 0), (Role.POWER_OPERATOR, 3)])
def test_queries_of_the_list_do_not_grow_with_its_rows(
    client, django_assert_max_num_queries, role, folders
):
    places = [factories.folder() for _ in range(4)]
    signed_in(client, role, *places[:folders])
    for number in range(60):
        factories.device(f"PC-{number}", places[number % 4])
    for query in ("", "?q=pc", "?sort=folder", "?at=last", "?power=on"):
        with django_assert_max_num_queries(12):
            assert client.get(reverse("devices:devices") + query).status_code == 200
    with django_assert_max_num_queries(12):
        client.get(places[0].get_absolute_url())


def test_the_address_of_a_page_brings_the_same_rows_to_a_colleague(client):
    for number in range(30):
        factories.device(f"PC-{number:02}")
    signed_in(client)
    second = client.get(reverse("devices:devices") + "?size=25").context["page"].next_query
    assert names(client.get(f"{reverse('devices:devices')}?{second}"))[0] == "PC-25"


def test_a_monitor_is_offered_nothing_that_changes(client, lab):
    factories.device("A", lab)
    signed_in(client, Role.MONITOR, lab)
    text = client.get(lab.get_absolute_url(), **HTMX).content.decode()
    for word in ("Quick Tasks", "New", "Delete", "Move...", "Import"):
        assert word not in text
    assert "Export this list" in text


def test_an_empty_folder_offers_the_way_to_fill_it(client, lab):
    signed_in(client)
    assert "No devices here yet" in client.get(lab.get_absolute_url()).content.decode()


# The selection


def test_a_selection_is_the_ticked_rows_that_may_be_seen(lab):
    mine, other = factories.device("Mine", lab), factories.device("Other")
    user = factories.person(Role.MONITOR, lab)
    asked = QueryDict(f"pk={mine.pk}&pk={other.pk}&pk=x&pk=99999999999999999999999")
    assert list(selection.resolve(user, asked)) == [mine]


def test_select_all_means_the_filter_of_the_list_on_all_its_pages(lab):
    for number in range(60):
        factories.device(f"PC-{number}", lab, mode="smb" if number % 2 else "")
    factories.device("PC-elsewhere", mode="smb")
    asked = QueryDict(mutable=True)
    asked.update({"all": "1", "filter": f"folder={lab.pk}&mode=smb&q=pc"})
    assert selection.resolve(factories.person(), asked).count() == 30
    asked["filter"] = "folder=999"
    assert not selection.resolve(factories.person(), asked).exists()


def test_a_dialog_keeps_the_set_it_was_opened_for(lab):
    user, first = factories.person(), factories.device("PC-1", lab)
    frozen = selection.freeze(selection.resolve(user, QueryDict("all=1&filter=q%3Dpc")))
    factories.device("PC-2", lab)
    assert list(selection.resolve(user, QueryDict(f"frozen={frozen}"))) == [first]


def test_quick_tasks_say_how_many_they_reach_and_who_is_left_out(client, lab):
    rows = [factories.device(f"PC-{n}", lab, mode="smb") for n in range(4)]
    rows.append(factories.device("PC-009", lab))
    signed_in(client, Role.POWER_OPERATOR, lab)
    answer = client.post(reverse("devices:quick_tasks"), {"pk": [row.pk for row in rows]})
    assert "4 of 5" in answer.content.decode()
    assert "PC-009 is not set up." in answer.content.decode()


# New, edit, move, delete


def test_a_new_device_is_audited_and_opened(client, lab):
    user = signed_in(client)
    fields = {"name": "PC-1", "folder": lab.pk, "host_name": "PC-1.Example.org."}
    answer = client.post(reverse("devices:device_new"), fields, **HTMX)
    made = Device.objects.get()
    assert answer["HX-Redirect"] == made.get_absolute_url()
    assert made.host_name == "pc-1.example.org"
    entry = AuditEntry.objects.get(verb="device.create")
    assert (entry.user, entry.target_name) == (user, "PC-1")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": "pc-1"}, "This folder already has a device of that name."),
        ({"name": ""}, "Name is needed."),
        ({"name": "x", "folder": ""}, "Choose a folder."),
        ({"name": "x", "host_name": "not a name"}, "A DNS name has letters"),
    ],
)
def test_a_refused_form_comes_back_with_the_rule(client, lab, fields, sentence):
    factories.device("PC-1", lab)
    signed_in(client)
    answer = client.post(reverse("devices:device_new"), {"folder": lab.pk, **fields}, **HTMX)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert Device.objects.count() == 1


def test_a_device_cannot_be_put_where_one_may_not_edit(client, lab):
    signed_in(client, Role.ADMINISTRATOR, lab)
    elsewhere = factories.folder()
    answer = client.post(reverse("devices:device_new"), {"name": "x", "folder": elsewhere.pk})
    assert answer.status_code == 422
    assert not Device.objects.exists()


def test_an_edit_keeps_old_and_new_values_in_the_audit(client, lab):
    device = factories.device("PC-1", lab, model="Old")
    signed_in(client)
    fields = {"name": "PC-1", "model": "New"}
    client.post(reverse("devices:device_edit", args=[device.pk]), fields, **HTMX)
    entry = AuditEntry.objects.get(verb="device.change")
    assert (entry.old, entry.new) == ({"model": "Old"}, {"model": "New"})
    device.refresh_from_db()
    assert "new" in device.search_text


def test_who_may_only_look_gets_403_for_an_edit_and_404_for_what_is_hidden(client, lab):
    mine, hidden = factories.device("Mine", lab), factories.device("Hidden")
    signed_in(client, Role.POWER_OPERATOR, lab)
    assert client.get(reverse("devices:device_edit", args=[mine.pk])).status_code == 403
    assert client.get(reverse("devices:device_edit", args=[hidden.pk])).status_code == 404
    assert client.get(hidden.get_absolute_url()).status_code == 404


def test_moving_needs_the_right_in_both_folders(lab):
    device, other = factories.device("PC", lab), factories.folder("Other")
    user = factories.person(Role.ADMINISTRATOR, lab)
    with pytest.raises(services.PermissionDenied):
        services.move_devices(
            devices=Device.objects.filter(pk=device.pk), folder=other, asked_by=user
        )
    outsider = factories.person(Role.ADMINISTRATOR, other)
    with pytest.raises(services.PermissionDenied):
        services.move_devices(
            devices=Device.objects.filter(pk=device.pk), folder=other, asked_by=outsider
        )
    device.refresh_from_db()
    assert device.folder == lab


def test_a_move_asks_for_the_folder_and_then_moves(client, lab):
    device = factories.device("PC")
    signed_in(client)
    dialog = client.post(reverse("devices:devices_move"), {"pk": device.pk})
    assert "Move 1 device" in dialog.content.decode()
    fields = {"frozen": dialog.context["frozen"], "confirmed": "1", "folder": lab.pk}
    answer = client.post(reverse("devices:devices_move"), fields, **HTMX)
    assert answer["HX-Redirect"] == lab.get_absolute_url()
    device.refresh_from_db()
    assert device.folder == lab
    entry = AuditEntry.objects.get(verb="device.move")
    assert (entry.target_name, entry.old, entry.new) == (
        "PC",
        {"folder": "Workstations"},
        {"folder": "Lab"},
    )


def test_a_large_set_is_summed_up_in_the_audit(lab):
    for number in range(55):
        factories.device(f"PC-{number}", lab)
    services.delete_devices(devices=Device.objects.all(), asked_by=factories.person())
    entries = AuditEntry.objects.filter(verb="device.delete")
    assert entries.count() == services.NAMED_IN_AUDIT + 1
    assert entries.first().old == {"devices": 55}


def test_a_move_onto_taken_names_moves_nothing(lab):
    factories.device("pc-1", lab)
    moving = [factories.device("PC-1"), factories.device("PC-2")]
    with pytest.raises(services.ValidationError, match="Lab already has a device named PC-1"):
        services.move_devices(
            devices=Device.objects.filter(pk__in=[d.pk for d in moving]),
            folder=lab,
            asked_by=factories.person(),
        )
    assert lab.devices.count() == 1


def test_two_devices_of_one_name_cannot_meet_in_a_folder(lab):
    moving = [factories.device("PC", factories.folder()) for _ in range(2)]
    with pytest.raises(services.ValidationError, match="Two of these devices"):
        services.move_devices(
            devices=Device.objects.filter(pk__in=[d.pk for d in moving]),
            folder=lab,
            asked_by=factories.person(),
        )


def test_a_delete_asks_first_and_keeps_the_lines_of_tasks(client, lab):
    device = factories.device("PC", lab)
    line = order(device)
    signed_in(client)
    dialog = client.post(reverse("devices:devices_delete"), {"pk": device.pk})
    assert "Delete 1 device" in dialog.content.decode()
    assert Device.objects.exists()
    fields = {"frozen": dialog.context["frozen"], "confirmed": "1", "next": "//evil.example/"}
    answer = client.post(reverse("devices:devices_delete"), fields, **HTMX)
    assert answer["HX-Redirect"] == reverse("devices:devices")
    line.refresh_from_db()
    assert (line.device, line.device_name) == (None, "PC")
    assert AuditEntry.objects.get(verb="device.delete").target_name == "PC"


def test_one_device_that_may_not_be_deleted_saves_all_of_them(lab):
    mine, other = factories.device("Mine", lab), factories.device("Other", factories.folder())
    user = factories.person(Role.ADMINISTRATOR, lab)
    with pytest.raises(services.PermissionDenied, match="1 of these devices"):
        services.delete_devices(
            devices=Device.objects.filter(pk__in=[mine.pk, other.pk]), asked_by=user
        )
    assert Device.objects.count() == 2


# One device


def test_the_page_shows_seen_and_last_order_apart(client, lab):
    device = factories.device(
        "PC-1", lab, power_state=8, power_seen_at=timezone.now(), power_source="SRV-1"
    )
    order(device, "accepted", "Reset")
    signed_in(client)
    text = client.get(device.get_absolute_url()).content.decode()
    assert "read by SRV-1" in text
    assert "Off" in text
    assert "Reset" in text
    assert "Accepted" in text


def test_the_page_looks_more_often_after_an_order(client, lab):
    device = factories.device("PC-1", lab)
    signed_in(client)
    address = reverse("devices:device_state", args=[device.pk])
    assert "every 5s" in client.get(address, **HTMX).content.decode()
    line = order(device, "waiting")
    assert "every 2s" in client.get(address, **HTMX).content.decode()
    JobItem.objects.filter(pk=line.pk).update(status="done")
    Job.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    assert "every 5s" in client.get(address, **HTMX).content.decode()


def test_the_tasks_of_a_device_are_its_own(client, lab):
    device = factories.device("PC-1", lab)
    order(device, title="Reset"), order(factories.device("PC-2", lab), title="Power Off")
    signed_in(client, Role.MONITOR, lab)
    answer = client.get(reverse("devices:device_tasks", args=[device.pk]))
    assert [item.job.title for item in answer.context["page"].rows] == ["Reset"]
    assert 'aria-current="page">Tasks' in answer.content.decode()


def test_queries_of_the_device_page_are_few(client, lab, django_assert_max_num_queries):
    device = factories.device("PC-1", lab)
    for _ in range(8):
        order(device)
    signed_in(client)
    with django_assert_max_num_queries(10):
        client.get(device.get_absolute_url())
    with django_assert_max_num_queries(7):
        client.get(reverse("devices:device_state", args=[device.pk]), **HTMX)


# CSV


def test_the_export_has_the_rows_of_the_filter_and_all_columns(client, lab):
    seen_at = timezone.now() - timedelta(seconds=30)
    factories.device("@A", lab, power_state=2, power_seen_at=seen_at, mode="smb")
    factories.device("B", lab)
    signed_in(client)
    answer = client.get(reverse("devices:export"), {"folder": lab.pk, "mode": "smb"})
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [row["name"] for row in rows] == ["'@A"]
    assert rows[0]["power"] == "on"
    assert 30 <= int(rows[0]["power age seconds"]) < 60
    assert rows[0]["power seen at"] == seen_at.isoformat(timespec="seconds")
    assert rows[0]["folder"] == "/Workstations/Lab"


def test_the_export_gives_nobody_more_than_the_list(client, lab):
    factories.device("Mine", lab), factories.device("Other")
    signed_in(client, Role.MONITOR, lab)
    text = b"".join(client.get(reverse("devices:export")).streaming_content).decode()
    assert "Mine" in text
    assert "Other" not in text
