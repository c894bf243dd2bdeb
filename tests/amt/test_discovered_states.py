"""What the list of discovered devices says of each: a word, how long, and the counts."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from amt.models import AmtSettings, DiscoveredDevice
from amt.services import discovered_states
from amt.services.discovered_states import ListState, left, state_of
from devices.models import Job, JobItem
from tests import factories

pytestmark = pytest.mark.django_db
OURS, OTHERS = ["sha256", "aa"], ["sha256", "bb"]
OWN = {("sha256", "aa")}


def entry(**like) -> DiscoveredDevice:
    now = timezone.now()
    uuid = uuid4()
    values = {"uuid": uuid, "uuid_text": uuid.hex, "address": "127.0.5.1", "state": 1}
    values |= {"hashes": [OURS], "first_seen_at": now, "seen_at": now}
    return DiscoveredDevice(**(values | like))


@pytest.mark.parametrize(
    ("like", "facts", "expected"),
    [
        ({}, {}, ListState.READY),
        ({"hashes": []}, {}, ListState.READY),
        ({"state": None}, {}, ListState.READY),
        ({}, {"is_here": False}, ListState.EXTERNAL_ONLY),
        ({"hashes": [OTHERS]}, {}, ListState.WILL_REFUSE),
        ({"key_id": "0000037M", "hashes": []}, {}, ListState.WILL_REFUSE),
        ({}, {"is_here": False, "is_external": False}, ListState.ENDED),
        ({"state": 0}, {}, ListState.ENDED),
        ({"state": 2}, {"is_here": False, "is_external": False}, ListState.PROVISIONED),
        ({}, {"is_done": True}, ListState.PROVISIONED),
        ({"state": 2}, {"is_busy": True}, ListState.PROVISIONING),
    ],
)
def test_each_entry_has_one_state(like, facts, expected):
    known = {"is_busy": False, "is_done": False, "is_here": True, "is_external": True}

    assert state_of(entry(**like), OWN, **(known | facts)) is expected


@pytest.mark.parametrize(
    ("minutes", "text"), [(662, "11 h 02 min"), (1400, "23 h"), (59, "59 min"), (-5, "0 min")]
)
def test_time_left_is_told_as_people_say_it(minutes, text):
    assert left(timezone.now() + timedelta(minutes=minutes, seconds=5)) == text


def test_entry_under_way_says_so_until_its_task_ends():
    device = factories.device()
    row = entry(device=device)
    row.save()
    job = Job.objects.create(
        kind=Job.Kind.PROVISION,
        task="x",
        title="Provision",
        asked_by_name="admin",
        expires_at=timezone.now() + timedelta(hours=1),
    )
    item = JobItem.objects.create(job=job, position=0, device=device, device_name="pc")

    assert discovered_states.told([row])[0].state is ListState.PROVISIONING
    item.status = JobItem.Status.FAILED
    item.save()
    assert discovered_states.told([row])[0].state is not ListState.PROVISIONING


def test_ten_thousand_entries_take_a_constant_number_of_queries(
    client, django_assert_max_num_queries
):
    DiscoveredDevice.objects.bulk_create(
        entry(address=f"127.1.{number // 250}.{number % 250 + 1}") for number in range(10_000)
    )
    client.force_login(factories.person())

    with django_assert_max_num_queries(24):
        page = client.get(reverse("amt:discovered"), {"state": "1"}).content.decode()

    assert "10,000 found, 10,000 wait to be set up" in page


def test_list_is_filtered_by_state_source_and_words(client):
    entry(address="127.0.5.1", name="pc-1.example").save()
    entry(address="127.0.5.2", state=2, source="scan").save()
    client.force_login(factories.person())

    def shown(**asked):
        page = client.get(reverse("amt:discovered"), asked).content.decode()
        return [address for address in ("127.0.5.1", "127.0.5.2") if f">{address}<" in page]

    assert shown() == ["127.0.5.1", "127.0.5.2"]
    assert shown(state="2") == ["127.0.5.2"]
    assert shown(source="hello") == ["127.0.5.1"]
    assert shown(q="PC-1") == ["127.0.5.1"]
    assert shown(state="9", source="x") == ["127.0.5.1", "127.0.5.2"]


def test_provisioned_devices_are_in_the_list_too():
    device = factories.device(mode="enterprise")
    AmtSettings.objects.create(
        device=device,
        mode="enterprise",
        address="127.0.5.1",
        credential=factories.credential(),
        server=factories.server(),
    )
    row = entry(device=device)
    row.save()

    told = discovered_states.told([row])[0]

    assert (told.state, told.validity) == (ListState.PROVISIONED, "")
