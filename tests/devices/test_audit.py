"""The audit page: what it shows, how it is filtered, what may be exported."""

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from devices import audit
from devices.models import AuditEntry
from devices.models.rights import Role
from tests.factories import device, folder, person

pytestmark = pytest.mark.django_db
AUDIT, CSV = reverse("devices:audit"), reverse("devices:audit_csv")


@pytest.fixture
def browser(client) -> Client:
    client.force_login(person())
    return client


def shown(browser: Client, **query: object) -> list[str]:
    """Return the names of the objects on the page, newest first."""
    return [entry.target_name for entry in browser.get(AUDIT, query).context["entries"]]


def test_old_and_new_values_can_be_read(browser):
    values = {"is_simulated": True, "tags": ["a", "b"], "server": None}
    audit.record(None, "device.change", device("PC-1"), old={"server": "SRV-1"}, new=values)

    page = browser.get(AUDIT).text
    for text in ("Device: change", "the console", "is simulated:", "yes", "a, b", "SRV-1", "none"):
        assert text in page


def test_line_leads_to_its_object(browser):
    found = device("PC-1")
    audit.record(None, "device.change", found)

    assert f'href="{found.get_absolute_url()}"' in browser.get(AUDIT).text


def test_filters_keep_what_they_say(browser):
    ann, bob = person(), person()
    audit.record(ann, "device.change", device("PC-ann"), new={"model": "OptiPlex"})
    audit.record(bob, "device.delete", device("PC-bob"))
    audit.record(None, "device.delete", device("PC-none"))

    assert shown(browser, person=ann.pk) == ["PC-ann"]
    assert shown(browser, person="console") == ["PC-none"]
    assert shown(browser, verb="device.delete") == ["PC-none", "PC-bob"]
    assert shown(browser, target="bob") == ["PC-bob"]
    assert shown(browser, q="optiplex ann") == ["PC-ann"]
    assert shown(browser, q=bob.username) == ["PC-bob"]
    assert shown(browser, q="no such thing") == []


def test_words_outside_ascii_are_found_in_values(browser):
    audit.record(None, "device.change", device("PC-1"), new={"model": "Büro"})

    assert shown(browser, q="Büro") == ["PC-1"]


def test_line_of_the_audit_neither_changes_nor_goes():
    entry = audit.record(None, "device.change", device("PC-1"))

    with pytest.raises(TypeError, match="does not change"):
        entry.save()
    with pytest.raises(TypeError, match="is not deleted"):
        entry.delete()


def test_dates_are_those_of_the_person(browser):
    entry = audit.record(None, "device.change", device("PC-1"))
    day = timezone.localdate()
    AuditEntry.objects.filter(pk=entry.pk).update(at=timezone.now() - timedelta(days=2))

    assert shown(browser, since=day) == []
    assert shown(browser, until=day) == ["PC-1"]
    both = day - timedelta(days=2)
    assert shown(browser, since=both, until=both) == ["PC-1"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"since": "yesterday"}, "From: it takes a date"),
        ({"since": "2026-02-02", "until": "2026-02-01"}, "lies before the beginning"),
        ({"person": "99999"}, "is none of its choices"),
        ({"q": "a\0b"}, "Words: no null characters"),
        ({"verb": "x"}, "is none of its choices"),
    ],
)
def test_filter_that_cannot_be_read_says_so_and_shows_nothing(browser, query, sentence):
    audit.record(None, "device.change", device())

    answer = browser.get(AUDIT, query)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert not answer.context["entries"]


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_dates_at_the_edge_of_time_do_no_harm(browser, day):
    assert browser.get(AUDIT, {"since": day, "until": day}).status_code == 200


def test_pages_follow_each_other_without_gaps(browser):
    for number in range(60):
        audit.record(None, "device.change", None, new={"number": number})
    first = browser.get(AUDIT, {"size": 25, "verb": "device.change"}).context["page"]
    second = browser.get(f"{AUDIT}?{first.next_query}").context["page"]

    numbers = [entry.new["number"] for entry in [*first.rows, *second.rows]]
    assert numbers == list(range(59, 9, -1))


def test_page_costs_the_same_with_more_lines(browser, django_assert_num_queries):
    browser.get(AUDIT)
    for rows in (2, 30):
        for _ in range(rows):
            audit.record(person(), "device.change", device())
        with django_assert_num_queries(8):
            browser.get(AUDIT)


def test_csv_has_the_filtered_lines_and_no_formulas(browser):
    audit.record(None, "device.change", device("=1+1"), new={"model": "x"})
    audit.record(None, "device.delete", device("PC-2"))

    answer = browser.get(CSV, {"verb": "device.change"})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode())))
    assert [(row["act"], row["name"], row["new"]) for row in rows] == [
        ("device.change", "'=1+1", '{"model": "x"}')
    ]


def test_device_shows_its_own_lines_to_whoever_may_see_it(client):
    lab = folder()
    mine, other = device("PC-mine", where=lab), device("PC-other")
    audit.record(None, "device.change", mine, new={"model": "of mine"})
    audit.record(None, "device.change", other, new={"model": "of another"})
    client.force_login(person(Role.MONITOR, lab))

    answer = client.get(reverse("devices:device_audit", args=[mine.pk]))
    assert "of mine" in answer.text
    assert "of another" not in answer.text
    assert client.get(reverse("devices:device_audit", args=[other.pk])).status_code == 404


def test_address_of_the_person_is_kept(client):
    user = person()
    client.force_login(user)
    client.post(reverse("devices:sign_out"), REMOTE_ADDR="192.0.2.9")

    assert AuditEntry.objects.get(verb="person.sign_out").address == "192.0.2.9"
