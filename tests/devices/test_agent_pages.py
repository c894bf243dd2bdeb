"""The pages of agents: tokens for many, search and filter of the list, the card of a device."""

import re
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from devices.models import Agent, AuditEntry, EnrolmentToken
from devices.models.rights import Role
from devices.services import agent_tokens, agents
from tests import factories

pytestmark = pytest.mark.django_db
PLACE = "/devices/agents/"


def enrolled(name: str, where=None, *, seen_days_ago: float = 0, **fields: object) -> Agent:
    at = timezone.now() - timedelta(days=seen_days_ago)
    device = factories.device(name, where, **fields)
    return Agent.objects.create(device=device, salt="", enrolled_at=at, seen_at=at)


def names(answer) -> list[str]:
    """Return the devices that the list shows."""
    text = answer.text[answer.text.index('id="agent-list"') :]
    return re.findall(r'<tr data-pk="\d+"><td class="z-break"><a href="[^"]+">([^<]+)<', text)


@pytest.fixture
def admin(client):
    client.force_login(factories.person())
    return client


def test_a_page_that_is_loaded_again_makes_no_second_token(admin):
    sent = {"folder": factories.folder().pk, "uses": 10, "days": 1, "intent": str(uuid4())}
    assert "Install on 10 PCs" in admin.post(PLACE, sent).text
    assert "shown only once" in admin.post(PLACE, sent, follow=True).text
    assert EnrolmentToken.objects.count() == 1
    admin.post(PLACE, {**sent, "intent": str(uuid4())})
    assert EnrolmentToken.objects.count() == 2


def test_a_token_for_many_is_made_and_said_to_be_so(admin):
    place = factories.folder("Lab")
    page = admin.post(PLACE, {"folder": place.pk, "uses": 1200, "days": 14})
    row = EnrolmentToken.objects.get()
    assert (row.uses, row.uses_left, row.folder) == (1200, 1200, place)
    assert timedelta(days=13) < row.expires_at - timezone.now() < timedelta(days=14)
    text = unescape(page.text)
    assert "Install on 1,200 PCs" in text
    assert "for 14 days; it is shown here only" in text
    token = re.search(r"echo (\S+) \|", text)[1]
    assert "install --once --server http://testserver < token.txt" in text
    assert token not in admin.get(PLACE).text
    assert AuditEntry.objects.get(verb="agent.token").new["uses"] == 1200
    assert "--once" not in admin.post(PLACE, {"folder": place.pk, "uses": 1, "days": 1}).text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"uses": 5001}, "For how many PCs: 5,000 at most."),
        ({"uses": 0}, "For how many PCs: 1 at least."),
        ({"days": 31}, "Valid for days: 30 at most."),
        ({"days": ""}, "Valid for days is needed."),
    ],
)
def test_too_much_is_refused_in_the_form(admin, wrong, sentence):
    answer = admin.post(PLACE, {"folder": factories.zone().pk, "uses": 1, "days": 1} | wrong)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert not EnrolmentToken.objects.exists()


def test_only_open_tokens_of_a_persons_folders_are_listed_and_withdrawn(client):
    place, other, by = factories.folder("Lab"), factories.folder("Elsewhere"), factories.person()
    for where in (place, other):
        agent_tokens.new_token(folder=where, uses=30, by=by)
    helper = factories.person(Role.ADMINISTRATOR, place)
    client.force_login(helper)
    page = client.get(PLACE).text
    assert "30 of 30" in page
    assert by.username in page
    assert "Elsewhere" not in page
    mine, theirs = EnrolmentToken.objects.order_by("pk")
    assert client.post(reverse("devices:withdraw_token", args=[theirs.pk])).status_code == 404
    answer = client.post(reverse("devices:withdraw_token", args=[mine.pk]), follow=True)
    assert "Withdrawn: the token for Lab." in answer.text
    assert "30 of 30" not in answer.text
    assert EnrolmentToken.objects.get() == theirs


def test_the_list_is_searched_and_filtered_as_its_address_says(admin):
    enrolled("pc-1", host_name="lab-7.example.test")
    enrolled("pc-2", seen_days_ago=8)
    revoked = enrolled("pc-3", seen_days_ago=30)
    agents.revoke(agent=revoked, by=factories.person())

    def shown(query: str, **headers: str) -> list[str]:
        return names(admin.get(f"{PLACE}?{query}", headers=headers))

    assert shown("") == ["pc-1", "pc-2", "pc-3"]
    assert shown("q=LAB-7") == shown("q=pc-1") == ["pc-1"]
    assert shown("state=silent") == ["pc-2"]
    assert shown("state=revoked") == ["pc-3"]
    assert shown("state=revoked&q=pc-2") == []
    assert shown("state=nonsense&sort=-seen") == ["pc-1", "pc-2", "pc-3"]
    assert shown("sort=seen") == ["pc-3", "pc-2", "pc-1"]
    part = admin.get(f"{PLACE}?q=%00&state=silent", headers={"HX-Request": "true"})
    assert part.text.lstrip().startswith('<section class="card" id="agent-list"')
    assert '<option value="silent" selected>' in part.text


def test_pages_of_the_list_keep_the_filter_and_cost_the_same(admin, django_assert_max_num_queries):
    for number in range(30):
        enrolled(f"pc-{number:02}", seen_days_ago=9)
    with django_assert_max_num_queries(16):
        page = admin.get(f"{PLACE}?size=25&state=silent&q=pc")
    assert len(names(page)) == 25
    after = re.search(r'href="(\?[^"]+)"[^>]*>Next<', page.text)[1]
    assert names(admin.get(PLACE + unescape(after))) == [f"pc-{n}" for n in range(25, 30)]


def test_an_agent_that_enrolled_has_reported(admin):
    token = agent_tokens.new_token(folder=factories.zone(), by=factories.person())
    agent, _ = agents.enrol(token, {"uuid": str(uuid4()), "host_name": "pc-1"})
    assert agent.seen_at == agent.enrolled_at
    assert names(admin.get(f"{PLACE}?state=silent")) == []


def test_who_may_only_see_a_device_is_offered_no_revoke(client):
    inside, outside = factories.folder(), factories.folder()
    enrolled("mine", inside)
    enrolled("seen", outside)
    person = factories.person(Role.MONITOR, outside)
    person.assignments.create(folder=inside, role=Role.ADMINISTRATOR)
    client.force_login(person)
    page = client.get(PLACE)
    assert names(page) == ["mine", "seen"]
    assert "Revoke the agent of mine" in page.text
    assert "Revoke the agent of seen" not in page.text


def test_revoking_asks_and_leads_back_to_where_it_was_asked(admin):
    agent = enrolled("pc-1")
    page = admin.get(f"{PLACE}?q=pc").text
    assert 'data-confirm="No report of pc-1 is taken any more' in page
    url = reverse("devices:revoke_agent", args=[agent.device_id])
    assert admin.post(url, {"next": f"{PLACE}?q=pc"}).url == f"{PLACE}?q=pc"
    for page in ("https://evil.example", "//evil.example", "nowhere", ""):
        assert admin.post(url, {"next": page}).url == PLACE


def test_the_inventory_of_a_device_tells_the_state_of_its_agent(admin):
    device = factories.device("pc-1")
    place = reverse("amt:inventory", args=[device.pk])
    before = admin.get(place).text
    assert "No agent has reported." in before
    assert ">Install agent<" in before
    assert "Revoke" not in before
    token = agent_tokens.new_token(folder=device.folder, device=device, by=factories.person())
    agent, _ = agents.enrol(token, {"host_name": "pc-1.example.test", "os_name": "Example OS"})
    now = admin.get(place).text
    assert re.search(r"<dt>Last report</dt><dd> <time", now)
    assert re.search(r"<dt>Enrolled</dt><dd> <time", now)
    assert f'name="next" value="{place}"' in now
    assert ">Install agent again<" in now
    agents.revoke(agent=agent, by=factories.person())
    after = admin.get(place).text
    assert re.search(r"<dt>Revoked</dt><dd> <time", after)
    assert "Revoke the agent" not in after
    assert ">Install agent again<" in after


def test_who_may_not_edit_sees_the_state_and_no_buttons(client):
    agent = enrolled("pc-1")
    client.force_login(factories.person(Role.MONITOR))
    text = client.get(reverse("amt:inventory", args=[agent.device_id])).text
    assert "<dt>Enrolled</dt>" in text
    assert "Install agent" not in text
    assert "Revoke the agent" not in text
