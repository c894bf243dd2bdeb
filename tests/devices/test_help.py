"""Help: every page and dialog has its text, and what the code knows of is in the texts."""

import re
from html import unescape
from uuid import uuid4

import pytest

from devices import context_processors, help, levels
from devices.models import JobItem
from devices.models.rights import Right, Role
from tests.factories import person
from tests.small_zone import small_zone
from tests.test_urls import ENTRIES, KNOWN, ask
from vault import passwords

pytestmark = pytest.mark.django_db
FRAME, DIALOG = 'class="z-frame"', 'class="z-dlg-head"'


def slug(key: str) -> str:
    return key.partition("(")[0].replace(":", "-").replace("_", "-")


def read(client, topic: str) -> str:
    answer = client.get(f"/help/{topic}/")
    assert answer.status_code == 200, topic
    return unescape(answer.text)


@pytest.fixture
def reader(client):
    client.force_login(person(Role.MONITOR))
    return client


def test_every_page_and_every_dialog_has_a_topic():
    zone = small_zone()
    place, without = zone.places["inside"], []
    for key in KNOWN:
        for method in ENTRIES[key].methods:
            answer = ask(zone.browser("zone"), key, method, place)
            text = "" if answer.streaming else answer.text
            if (FRAME in text or DIALOG in text) and slug(key) not in help.BY_NAME:
                without.append(slug(key))

    assert sorted(set(without) - {"devices-sign-in", "devices-sign-in-link"}) == []


def test_a_name_belongs_to_one_topic_and_to_an_address():
    names = [name for topic in help.TOPICS for name in (topic.slug, *topic.pages)]
    addresses = {slug(key) for key in ENTRIES} | {topic.slug for topic in help.TOPICS}

    assert len(names) == len(set(names))
    assert set(names) <= addresses


def test_page_links_to_its_own_topic(reader):
    assert 'href="/help/devices-jobs/"' in reader.get("/tasks/").text
    assert "Stop the rest" in read(reader, "devices-jobs")


@pytest.mark.parametrize("topic", help.TOPICS, ids=lambda topic: topic.slug)
def test_topic_is_a_real_text_with_links_that_lead_somewhere(reader, topic):
    text = read(reader, topic.slug)
    words = re.sub(r"<[^>]+>", " ", text[text.index("z-prose") : text.index("z-topics")]).split()

    assert len(words) > 100
    for name in re.findall(r'href="/help/([a-z-]+)/', text):
        assert name in help.BY_NAME


def test_index_lists_every_topic(reader):
    text = reader.get("/help/").text

    for topic in help.TOPICS:
        assert f'href="/help/{topic.slug}/"' in text


def test_help_of_an_unknown_name_is_not_found(reader):
    assert reader.get("/help/no-such-page/").status_code == 404


def test_texts_hold_every_right_setting_status_and_password_rule(reader):
    rights, told = read(reader, "rights"), read(reader, "settings")

    assert all(right.label in rights for right in Right)
    assert all(key.label in told and key.help in told for key in levels.declared())
    assert all(status.value.capitalize() in read(reader, "tasks") for status in JobItem.Status)
    for rule in passwords.RULES:
        beginning = rule.text.split(" such")[0].split(" of a")[0].lower()
        assert beginning in read(reader, "vault").lower()


def test_line_of_a_task_leads_to_its_code(reader):
    zone = small_zone()
    item = zone.places["inside"].item
    JobItem.objects.filter(pk=item.pk).update(error_code="unreachable", lease_token=uuid4())

    page = zone.browser("zone").get(f"/tasks/lines/{item.pk}/").text

    assert 'href="/help/codes/unreachable/"' in page


def test_page_without_a_name_leads_to_the_list_of_topics(rf):
    assert context_processors.help_slug(rf.get("/nowhere/")) == ""
