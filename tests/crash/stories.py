"""Stories in a process of their own, on the services named in the environment; JSON lines out."""

import json
import os
import signal
import sys
import tempfile
import time
from threading import Event, Thread
from uuid import uuid4

import django
from django.test.utils import setup_test_environment

from tests.crash import campaign


def say(**seen: object) -> None:
    print(json.dumps(seen), flush=True)


def place_order(device, person):
    """Place Power Off through the pages, as a browser does; return status of the page, and job."""
    from django.test import Client

    from devices.models import Job

    client = Client()
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    headers = {"HTTP_HX_REQUEST": "true"}
    opened = client.post("/power/dialog/", {"pk": device.pk, "action": "off"}, **headers)
    intent = opened.context["selection"].intent
    answer = client.post("/power/order/", {"intent": intent, "action": "off"}, **headers)
    page = client.get(answer.headers["HX-Redirect"])
    return page.status_code, Job.objects.get()


def redis_away() -> None:
    """An order is placed without a broker, which then comes back."""
    sets, fleet = campaign.make_zone(1)
    person, [device] = sets[0]
    with fleet.running():
        began = time.monotonic()
        page, job = place_order(device, person)
        seconds = time.monotonic() - began
        say(page=page, status=job.items.get().status, seconds=seconds)
        stop = Event()
        Thread(target=campaign.dispatch, args=[stop], daemon=True).start()
        worker = campaign.Worker()
        campaign.await_end(job)
        worker.kill()
        stop.set()
        executed = len(fleet[device.amt_address].orders)
        say(status=job.items.get().status, executed=executed)


def redis_never() -> None:
    """An order is placed without a broker, which stays away past the order's expiry."""
    from django.utils import timezone

    from devices.models import Job
    from devices.services import jobs

    sets, fleet = campaign.make_zone(1)
    person, [device] = sets[0]
    with fleet.running():
        page, job = place_order(device, person)
        jobs.tick()
        Job.objects.update(expires_at=timezone.now())
        jobs.tick()
        item = job.items.get()
        executed = len(fleet[device.amt_address].orders)
        say(page=page, status=item.status, code=item.error_code, executed=executed)


def make_schedule(device, person) -> None:
    """Give ``device`` a schedule of Power Off."""
    from devices.levels import Place
    from devices.services.settings import Wish, save_settings
    from power.levels import POWER_SCHEDULES

    rule = {"kind": "recurring", "weekdays": list(range(7)), "grace_minutes": 5}
    entry = {"id": "", "action": "off", "rule": rule, "enabled": True, "leave_out": False}
    wish = Wish(POWER_SCHEDULES, True, [entry], 0)
    save_settings(place=Place(device=device), wishes=[wish], asked_by=person)


def schedule_comes(*, returns: bool) -> None:
    """A schedule comes while there is no broker, which comes back, or does so after its grace."""
    from datetime import UTC, datetime, timedelta

    from devices.models import Job, JobItem
    from power.models import PowerSchedule, ScheduledRun

    sets, fleet = campaign.make_zone(1)
    person, [device] = sets[0]
    make_schedule(device, person)
    with fleet.running():
        stop = Event()
        Thread(target=campaign.dispatch, args=[stop], daemon=True).start()
        PowerSchedule.objects.update(next_at=datetime.now(UTC))
        while not ScheduledRun.objects.exists():
            time.sleep(0.1)
        job = Job.objects.get()
        time.sleep(2)  # rounds of the dispatcher without a broker
        say(run=ScheduledRun.objects.get().status, status=job.items.get().status)
        if returns:
            sys.stdin.readline()
            worker = campaign.Worker()
        else:
            JobItem.objects.update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
        campaign.await_end(job)
        stop.set()
        item = job.items.get()
        executed = len(fleet[device.amt_address].orders)
        say(status=item.status, code=item.error_code, executed=executed)
        if returns:
            worker.kill()


def schedule_redis_away() -> None:
    """A schedule comes without a broker, which then comes back."""
    schedule_comes(returns=True)


def schedule_redis_never() -> None:
    """A schedule comes without a broker, which stays away past the schedule's grace time."""
    schedule_comes(returns=False)


def held_up() -> None:
    """A worker is stopped (SIGSTOP) in mid-reset past its lease, then continued."""
    from devices.models import Device, JobItem
    from power.models import PowerAction
    from power.services.orders import order_power

    sets, fleet = campaign.make_zone(100)
    person, devices = sets[0]
    for engine in fleet:
        engine.latency_ms = 400
    with fleet.running():
        stop = Event()
        Thread(target=campaign.dispatch, args=[stop], daemon=True).start()
        worker = campaign.Worker()
        job = order_power(
            devices=Device.objects.filter(pk__in=[device.pk for device in devices]),
            action=PowerAction.RESET,
            intent=uuid4(),
            asked_by=person,
        )
        while not job.items.filter(status=JobItem.Status.RUNNING).exists():
            time.sleep(0.01)
        os.killpg(worker.process.pid, signal.SIGSTOP)
        running = job.items.filter(status=JobItem.Status.RUNNING).count()
        time.sleep(campaign.LEASE_SECONDS + 3)
        before = {e.spec.address: len(e.orders) for e in fleet}
        sending = set(job.items.filter(status="unknown").values_list("pk", flat=True))
        os.killpg(worker.process.pid, signal.SIGCONT)
        time.sleep(0.3)  # what it had ready to go out would have gone by now
        late = sum(len(e.orders) - before[e.spec.address] for e in fleet)
        campaign.await_end(job)
        found = campaign.compare(job, fleet, dict.fromkeys(before, 0), sending)
        worker.kill()
        stop.set()
        say(running_when_stopped=running, executed_by_the_stopped_worker=late, **found)


STORIES = {
    "redis-away": redis_away,
    "redis-never": redis_never,
    "schedule-redis-away": schedule_redis_away,
    "schedule-redis-never": schedule_redis_never,
    "held-up": held_up,
}

if __name__ == "__main__":
    os.environ.update(campaign.SETTINGS)
    with tempfile.TemporaryDirectory(prefix="zcc-story-") as place:
        os.environ["ZCC_DATA_DIR"] = place
        django.setup()
        setup_test_environment()
        STORIES[sys.argv[1]]()
        sys.stdout.flush()
        os._exit(0)
