"""Messages: who sees and acknowledges which, the filter, what goes by itself, many rows."""

import csv
import io
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from devices.messages import MOST, Told, record_messages
from devices.models import AuditEntry, Message, Setting
from devices.models.rights import Role
from devices.services import message_list, overview
from devices.services import messages as services
from devices.services.message_list import MessageList
from tests.factories import device, folder, person

pytestmark = pytest.mark.django_db
LIST, CSV = reverse("devices:messages"), reverse("devices:messages_csv")
ACKNOWLEDGE, DELETE = reverse("devices:acknowledge_messages"), reverse("devices:delete_messages")
ERROR, WARNING, INFORMATION = Message.Severity.ERROR, Message.Severity.WARNING, "information"


def tell(where, text="Firmware error: the disk failed", severity=ERROR, **fields) -> Message:
    """Have ``where`` tell something; return the message."""
    values = {"severity": severity, "source": Message.Source.EVENT_LOG, "text": text, **fields}
    acknowledged_by = values.pop("by", "")
    one = Told(**values)
    record_messages(where.pk, [one], acknowledged_by=acknowledged_by)
    return Message.objects.get(device=where, key=one.key)


def shown(client, **query) -> list[str]:
    """Return the texts on the page, newest first."""
    return [one.text for one in client.get(LIST, query).context["page"].rows]


@pytest.fixture
def admin(client):
    client.admin = person()
    client.force_login(client.admin)
    return client


@pytest.fixture
def lab():
    return folder("Lab")


def test_the_same_told_again_is_no_message_more():
    pc = device()
    tell(pc)
    tell(pc)
    tell(device())
    assert pc.messages.count() == 1


def test_what_a_device_tells_is_kept_within_bounds():
    one = tell(device(), "a\0b" + "x" * 1000, code="\0" + "c" * 100)
    assert one.text == "ab" + "x" * 498
    assert one.code == "c" * 64


def test_of_one_device_the_newest_are_kept():
    pc = device()
    told = [
        Told(ERROR, Message.Source.ALERT, "x", mark=str(number), code=str(number))
        for number in range(MOST + 5)
    ]
    record_messages(pc.pk, told[:10])
    record_messages(pc.pk, told)
    codes = pc.messages.values_list("code", flat=True)
    assert len(codes) == MOST
    assert codes[0] == str(MOST + 4)


def test_a_flood_of_information_pushes_no_open_error_out():
    where = device()
    error = tell(where, happened_at=timezone.now() - timedelta(days=1))
    told = [
        Told(Message.Severity.INFORMATION, Message.Source.ALERT, "Boot", code=str(number))
        for number in range(MOST + 5)
    ]
    record_messages(where.pk, told)
    assert Message.objects.count() == MOST
    assert Message.objects.filter(pk=error.pk).exists()


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        ((ERROR, 0), (ERROR, 1), 1),
        ((ERROR, 0), (WARNING, 0), 1),
        ((WARNING, 0), (ERROR, 0), 2),  # graver: told, too
        ((ERROR, 0), (ERROR, 5), 2),
        ((ERROR, None), (ERROR, 0), 2),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_what_is_sent_and_in_the_log_is_one_message(first, second, kept, order):
    where, at = device(), timezone.now()
    sources = [Message.Source.ALERT, Message.Source.EVENT_LOG][::order]
    for source, (severity, seconds) in zip(sources, (first, second), strict=True):
        moment = None if seconds is None else at + timedelta(seconds=seconds)
        record_messages(where.pk, [Told(severity, source, str(source), happened_at=moment)])
    assert Message.objects.count() == kept


def test_two_records_of_one_second_need_two_alerts():
    where, at = device(), timezone.now()
    record_messages(where.pk, [Told(ERROR, Message.Source.ALERT, "sent", happened_at=at)])
    log = [Told(ERROR, Message.Source.EVENT_LOG, text, happened_at=at) for text in ("one", "two")]
    assert record_messages(where.pk, log) == 1
    assert Message.objects.count() == 2


def test_the_list_shows_what_is_open_and_each_filter_keeps_what_it_says(admin, lab):
    inside, outside = device("LAB-1", lab), device("OTHER")
    tell(inside, "disk")
    tell(outside, "memory", WARNING, source=Message.Source.ALERT, code="iAMT0005")
    tell(outside, "help", INFORMATION)
    tell(inside, "old", by="before")

    assert shown(admin) == ["help", "memory", "disk"]
    assert shown(admin, severity="trouble") == ["memory", "disk"]
    assert shown(admin, severity="error") == ["disk"]
    assert shown(admin, source="alert") == ["memory"]
    assert shown(admin, state="acknowledged") == ["old"]
    assert shown(admin, state="all") == ["old", "help", "memory", "disk"]
    assert shown(admin, folder=lab.pk) == ["disk"]
    assert shown(admin, device=outside.pk) == ["help", "memory"]
    assert shown(admin, q="iamt0005") == ["memory"]
    assert shown(admin, q="lab disk") == ["disk"]
    assert shown(admin, q="nothing like it") == []


@pytest.mark.parametrize(
    "query", [{"severity": "x"}, {"source": "x"}, {"q": "\0"}, {"folder": ""}, {"device": ""}]
)
def test_words_that_cannot_be_read_mean_all(admin, query):
    tell(device(), "disk")
    assert shown(admin, **query) == ["disk"]


@pytest.mark.parametrize("number", ["-1", "abc", "0", "9" * 30, "\0", "1.0"])
@pytest.mark.parametrize("name", ["folder", "device", "upto"])
def test_numbers_that_cannot_be_read_mean_none(admin, name, number):
    tell(device(), "disk")
    page = admin.get(LIST, {name: number})
    assert page.context["page"].rows == []
    assert name == "upto" or f"Unknown {name}" in page.text
    assert name == "upto" or "No message matches." in page.text
    assert b"disk" not in b"".join(admin.get(CSV, {name: number}))
    admin.post(DELETE, {"all": "1", "filter": f"{name}={number}"})
    assert Message.objects.exists()


def test_a_folder_that_may_not_be_seen_shows_nothing(client, lab):
    tell(device(where=lab))
    client.force_login(person(Role.MONITOR, lab))
    assert len(shown(client, folder=lab.pk)) == 1
    assert shown(client, folder=folder().pk) == []


def test_people_see_the_messages_of_their_folders_only(client, lab):
    mine, other = device("MINE", lab), device("OTHER")
    tell(mine, "of mine")
    tell(other, "of another")
    client.force_login(person(Role.MONITOR, lab))

    assert shown(client) == ["of mine"]
    assert "of another" not in b"".join(client.get(CSV)).decode()
    assert ">1</span>" in client.get(reverse("devices:open_messages")).text
    assert client.get(reverse("devices:device_messages", args=[other.pk])).status_code == 404
    assert "of mine" in client.get(reverse("devices:device_messages", args=[mine.pk])).text


def test_acknowledged_ones_leave_the_list_the_counts_and_home(admin):
    pc = device()
    first, second = tell(pc, "disk"), tell(pc, "memory", WARNING)
    needs = [
        need.what for need in overview.needs_a_person(admin.admin, overview.states(admin.admin))
    ]
    assert needs[:2] == ["1 error that devices told", "1 warning that devices told"]

    answer = admin.post(ACKNOWLEDGE, {"pk": first.pk})
    assert "zcc:clear-selection" in answer.headers["HX-Trigger"]
    assert shown(admin) == ["memory"]
    first.refresh_from_db()
    assert (first.acknowledged_by, bool(first.acknowledged_at)) == (admin.admin.username, True)
    page = admin.get(pc.get_absolute_url()).text
    assert "1 open warning" in page
    assert "1 open error" not in page
    line = AuditEntry.objects.get(verb="message.acknowledge")
    assert (line.target_id, line.old) == (str(pc.pk), {"messages": 1, "newest": ["disk"]})
    second.refresh_from_db()
    assert second.acknowledged_at is None


def test_what_is_acknowledged_keeps_who_did_it_first(admin):
    one = tell(device(), by="before")
    assert services.acknowledge(messages=Message.objects.all(), by=admin.admin) == 0
    one.refresh_from_db()
    assert one.acknowledged_by == "before"
    assert not AuditEntry.objects.filter(verb="message.acknowledge").exists()


def test_all_that_match_are_those_that_the_list_knew_of(admin):
    pc = device()
    tell(pc, "disk")
    tell(pc, "memory", WARNING)
    wanted = admin.get(LIST, {"severity": "error"}).context["selection_filter"]
    tell(pc, "came later")
    admin.post(ACKNOWLEDGE, {"all": "1", "filter": wanted})
    assert shown(admin) == ["came later", "memory"]


def test_nobody_acknowledges_where_they_may_only_look(lab):
    mine, other = device(where=lab), device()
    tell(mine)
    tell(other)
    operator, monitor = person(Role.POWER_OPERATOR, lab), person(Role.MONITOR, lab)
    with pytest.raises(PermissionDenied, match="not acknowledge"):
        services.acknowledge(messages=mine.messages.all(), by=monitor)
    with pytest.raises(PermissionDenied, match="1 of these"):
        services.acknowledge(messages=Message.objects.all(), by=operator)
    with pytest.raises(PermissionDenied, match="not delete"):
        services.delete(messages=mine.messages.all(), by=operator)
    assert Message.objects.open().count() == 2
    everything = message_list.resolve(operator, QueryDict("all=1"))
    assert services.acknowledge(messages=everything, by=operator) == 1
    assert other.messages.open().count() == 1


def test_ticked_messages_elsewhere_are_not_reached(client, lab):
    other = tell(device())
    client.force_login(person(Role.POWER_OPERATOR, lab))
    client.post(ACKNOWLEDGE, {"pk": other.pk})
    client.post(DELETE, {"pk": other.pk})
    other.refresh_from_db()
    assert other.acknowledged_at is None


def test_buttons_are_offered_to_those_who_may(client, lab):
    one = tell(device(where=lab))
    for role, buttons in ((Role.MONITOR, 0), (Role.POWER_OPERATOR, 1), (Role.ADMINISTRATOR, 2)):
        client.force_login(person(role, lab))
        for place in (LIST, reverse("devices:device_messages", args=[one.device_id])):
            page = client.get(place).text
            assert [ACKNOWLEDGE in page, DELETE in page].count(True) == buttons


def test_deleted_messages_are_gone_and_written_down(admin):
    pc = device()
    one = tell(pc, "disk")
    answer = admin.post(DELETE, {"pk": one.pk})
    assert answer.headers["HX-Redirect"] == LIST
    assert not Message.objects.exists()
    assert AuditEntry.objects.get(verb="message.delete").target_name == pc.name


def test_an_act_on_very_many_devices_names_the_first_and_the_sum(admin, monkeypatch):
    monkeypatch.setattr(services, "NAMED_IN_AUDIT", 2)
    for _ in range(3):
        tell(device())
    services.acknowledge(messages=Message.objects.all(), by=admin.admin)
    lines = AuditEntry.objects.filter(verb="message.acknowledge")
    assert sorted(line.target_type for line in lines) == ["", "device", "device"]
    assert lines.get(target_type="").old == {"devices": 3, "messages": 3}


def test_what_was_acknowledged_long_ago_goes_by_itself_after_the_days_of_the_zone():
    pc = device()
    for text, days in (("new", 5), ("old", 100)):
        tell(pc, text, by="ann")
        at = timezone.now() - timedelta(days=days)
        Message.objects.filter(text=text).update(acknowledged_at=at)
    Message.objects.filter(pk=tell(pc, "open").pk).update(
        recorded_at=timezone.now() - timedelta(days=900)
    )
    services.tick()
    assert set(pc.messages.values_list("text", flat=True)) == {"new", "open"}
    Setting.objects.create(key="messages.kept_days", value=4)
    services.tick()
    assert [one.text for one in pc.messages.all()] == ["open"]


def test_csv_has_the_filtered_messages_and_no_formulas(admin):
    tell(device("=1+1"), "disk", code="Firmware", happened_at=timezone.now())
    tell(device(), "memory", WARNING)
    answer = admin.get(CSV, {"severity": "error"})
    (row,) = csv.DictReader(io.StringIO(b"".join(answer).decode()))
    assert (row["device"], row["text"], row["code"]) == ("'=1+1", "disk", "Firmware")
    assert row["happened"].startswith("20")


def test_each_number_is_the_length_of_the_list_it_links_to(admin):
    for number, severity in enumerate((ERROR, ERROR, WARNING)):
        tell(device(), f"text {number}", severity)
    needs = overview.needs_a_person(admin.admin, overview.states(admin.admin))
    links = [need for need in needs if need.url.startswith(LIST)]
    assert len(links) == 2
    for need in links:
        assert need.what.startswith(f"{admin.get(need.url).context['page'].total} ")


def test_ten_thousand_messages_page_in_as_many_queries_as_ten(admin, django_assert_num_queries):
    pcs = [device() for _ in range(20)]
    admin.get(LIST)
    for each in (1, 500):
        for pc in pcs:
            record_messages(
                pc.pk,
                [
                    Told(WARNING, Message.Source.EVENT_LOG, f"text {number}")
                    for number in range(each)
                ],
            )
        with django_assert_num_queries(8):
            page = admin.get(LIST).context["page"]
    assert page.total == 10_000
    assert len(page.rows) == 50
    last = admin.get(f"{LIST}?{page.last_query}").context["page"]
    assert last.position_text == "9,951-10,000 of 10,000"
    found = MessageList.read(QueryDict("severity=trouble")).apply(admin.admin)
    with django_assert_num_queries(7 + 2 * len(pcs)):
        assert services.acknowledge(messages=found, by=admin.admin) == 10_000
