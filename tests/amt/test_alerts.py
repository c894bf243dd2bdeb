"""Live alerts: who may bring them, what becomes of them, and the whole way from a device."""

import hashlib
import re
import time
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from amt.alerts import sign_in
from amt.alerts.addresses import login_of
from amt.models import AlertSubscription, AmtSettings
from amt.provisioning import ends
from amt.services.alerts import subscribe, unsubscribe
from amt.simulator.faults import Fault
from amt.work import run_subscribe_items, run_unsubscribe_items
from devices.messages import MOST
from devices.models import AuditEntry, Device, JobItem, Message
from devices.models.rights import Role
from tests import factories
from tests.amt.protocol.test_indication import SENT_AS, event

SOAP = "application/soap+xml; charset=UTF-8"
SECONDS = 15


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


# The receiver


@pytest.fixture
def row(db):
    return AlertSubscription.objects.create(device=factories.device())


def path_to(row) -> str:
    return f"/amt/events/{row.key}/"


class Engine:
    """A Management Engine as the receiver meets it: by the book, apart from the code under test."""

    def __init__(self, client, row, **wrong):
        self.client, self.path, self.wrong = client, path_to(row), wrong
        self.name, self.password = login_of(row.key)
        self.nonce = ""

    def challenge(self) -> dict[str, str]:
        answer = self.client.post(self.path, event(), content_type=SOAP)
        assert answer.status_code == 401
        return asked(answer)

    def authorization(self, count: int = 1, *, nonce: str = "", **wrong) -> str:
        wrong = {**self.wrong, **wrong}
        name, password = wrong.get("name", self.name), wrong.get("password", self.password)
        realm, uri = wrong.get("realm", "zcc alerts"), wrong.get("uri", self.path)
        number = wrong.get("nc", f"{count:08x}")
        first, second = md5(f"{name}:{realm}:{password}"), md5(f"POST:{uri}")
        qop = wrong.get("qop", "auth")
        response = md5(f"{first}:{nonce or self.nonce}:{number}:0a0b:{qop}:{second}")
        return (
            f'Digest username="{name}",realm="{realm}",nonce="{nonce or self.nonce}",uri="{uri}",'
            f'nc={number},cnonce="0a0b",qop="{qop}",response="{response}"'
        )

    def post(self, body: bytes = b"", count: int = 1, **wrong):
        self.nonce = self.nonce or self.challenge()["nonce"]
        return self.send(self.authorization(count, **wrong), body or event())

    def send(self, authorization: str, body: bytes):
        headers = {"Authorization": authorization}
        return self.client.post(self.path, body, content_type=SOAP, headers=headers)


def asked(answer) -> dict[str, str]:
    return dict(re.findall(r'(\w+)="([^"]*)"', answer.headers["WWW-Authenticate"]))


@pytest.fixture
def engine(client, row):
    return Engine(client, row)


def test_an_event_becomes_a_message_of_the_device(engine, row):
    answer = engine.post(event(PerceivedSeverity="6", MessageID="PLAT0286"))

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == SOAP
    assert f"<a:RelatesTo>{SENT_AS}</a:RelatesTo>" in answer.content.decode()
    message = Message.objects.get()
    assert message.device == row.device
    assert (message.source, message.severity) == ("alert", "error")
    assert (message.code, message.text) == ("PLAT0286", "No bootable medium")
    assert message.happened_at.isoformat() == "2017-01-31T15:40:09+00:00"
    row.refresh_from_db()
    assert row.heard_at is not None


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_a_clock_that_was_never_set_tells_no_time(engine, year):
    told = event().replace(b"2017-01-31T15:40:09", f"{year}-12-31T23:59:59".encode())
    assert engine.post(told).status_code == 200
    assert Message.objects.get().happened_at is None


def test_a_refused_event_uses_its_sign_in_up(engine):
    engine.nonce = engine.challenge()["nonce"]
    authorization = engine.authorization(1)
    assert engine.send(authorization, b"no event").status_code == 400
    assert engine.send(authorization, event()).status_code == 401
    assert not Message.objects.exists()


@pytest.mark.parametrize(("told", "kept"), [("0", "information"), ("4", "warning"), ("5", "error")])
def test_severity_is_one_of_three(engine, told, kept):
    engine.post(event(PerceivedSeverity=told))
    message = Message.objects.get()
    assert message.severity == kept
    assert (message in Message.objects.open()) is (kept != "information")
    assert (message.acknowledged_by == "for information") is (kept == "information")


def test_without_a_wish_for_it_there_is_no_acknowledgement(engine):
    answer = engine.post(event(acked=False))
    assert (answer.status_code, answer.content) == (200, b"")


def test_the_same_event_sent_again_is_one_message(engine):
    assert engine.post(count=1).status_code == 200
    assert engine.post(count=2).status_code == 200
    assert engine.post(event(IndicationIdentifier="Intel(r):2"), count=3).status_code == 200
    assert Message.objects.count() == 2


def test_a_sign_of_life_is_heard_and_is_no_message(engine, row):
    assert engine.post(event(body="<x/>")).status_code == 200
    row.refresh_from_db()
    assert row.heard_at
    assert not Message.objects.exists()


def test_messages_of_a_device_are_bounded(engine, row):
    for number in range(MOST + 3):
        engine.post(event(IndicationIdentifier=f"Intel(r):{number}"), count=number + 1)
    assert Message.objects.filter(device=row.device).count() == MOST


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "guessed"},
        {"name": "admin"},
        {"realm": "another"},
        {"uri": "/amt/events/"},
        {"qop": "auth-int"},
        {"qop": ""},
    ],
)
def test_a_wrong_sign_in_is_refused(engine, wrong):
    answer = engine.post(**wrong)
    assert answer.status_code == 401
    assert asked(answer)["stale"] == "false"
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "said",
    ["", "Digest", "Basic YWRtaW46YWRtaW4=", "Digest " + "x" * 9000, 'Digest username="', "\xff"],
)
def test_what_is_no_sign_in_is_asked_for_one(engine, said):
    answer = engine.send(said, event())
    assert answer.status_code == 401
    assert asked(answer)["qop"] == "auth"


def test_a_login_is_good_at_its_own_address_only(client, engine, row):
    other = AlertSubscription.objects.create(device=factories.device())
    theirs = Engine(client, other)
    theirs.name, theirs.password = engine.name, engine.password
    assert theirs.post().status_code == 401
    assert login_of(other.key) != login_of(row.key)


def test_a_nonce_is_good_at_its_own_address_only(client, engine, row):
    other = AlertSubscription.objects.create(device=factories.device())
    foreign = Engine(client, other).challenge()["nonce"]
    answer = engine.post(nonce=foreign)
    assert (answer.status_code, asked(answer)["stale"]) == (401, "true")


def test_what_was_sent_before_does_not_count_again_with_other_contents(engine):
    nonce = engine.nonce = engine.challenge()["nonce"]
    authorization = engine.authorization()
    assert engine.send(authorization, event()).status_code == 200

    again = engine.send(authorization, event(MessageID="iAMT0015", IndicationIdentifier="x"))

    assert (again.status_code, asked(again)["stale"]) == (401, "true")
    assert asked(again)["nonce"] != nonce
    assert Message.objects.count() == 1


def test_counts_of_a_nonce_only_grow(engine):
    assert engine.post(count=2).status_code == 200
    assert engine.post(count=1).status_code == 401
    assert engine.post(count=3).status_code == 200


@pytest.mark.parametrize("nc", ["00000000", "fffffff0", "-0000001", "zzzzzzzz", ""])
def test_odd_counts_are_refused(engine, nc):
    assert engine.post(nc=nc).status_code == 401


def test_a_nonce_that_is_too_old_is_replaced(engine, monkeypatch):
    engine.nonce = engine.challenge()["nonce"]
    later = sign_in._now() + sign_in.NONCE_MILLISECONDS
    monkeypatch.setattr(sign_in, "_now", lambda: later)
    answer = engine.post()
    assert (answer.status_code, asked(answer)["stale"]) == (401, "true")
    engine.nonce = asked(answer)["nonce"]
    assert engine.post().status_code == 200


def test_a_nonce_of_ones_own_is_refused(engine):
    assert engine.post(nonce="18c0ffee:0000").status_code == 401
    assert engine.post(nonce="no-seal").status_code == 401


def test_with_a_new_secret_key_the_old_login_is_nobodys(engine, settings):
    settings.SECRET_KEY = "another one"
    assert engine.post().status_code == 401


@pytest.mark.parametrize("body", [b"<html>hello</html>", b"", event()[:-9], b"\x00" * 99])
def test_a_signed_body_that_is_no_event_is_refused(engine, row, body):
    engine.nonce = engine.challenge()["nonce"]
    answer = engine.send(engine.authorization(), body)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "text/plain"
    row.refresh_from_db()
    assert row.heard_at is None


def test_what_is_too_large_is_refused_before_anything_else(client, row):
    answer = client.post(path_to(row), b"x" * 70_000, content_type=SOAP)
    assert answer.status_code == 413


def test_other_methods_are_refused(client, row):
    assert client.get(path_to(row)).status_code == 405
    assert client.put(path_to(row)).status_code == 405


def test_an_address_that_nobody_has_is_not_found(client, row):
    assert client.post(f"/amt/events/{uuid4()}/", event(), content_type=SOAP).status_code == 404
    assert client.post(f"/amt/events/{row.device_id}/").status_code == 404


def test_no_redirect_to_https_where_old_firmware_sends(client, row, settings):
    settings.SECURE_SSL_REDIRECT = True
    from django.test import Client

    assert Client().post(path_to(row), event(), content_type=SOAP).status_code == 401
    assert Client().get("/").status_code == 301


# Subscribing


@pytest.fixture
def console(settings):
    """Let the console be reachable, at an address of this machine."""
    settings.PRACTICE = True
    settings.ALERT_URL = "http://127.0.0.1:9"


def managed(address: str, **fields) -> Device:
    login = factories.credential(password="P@ssw0rd")
    device = factories.device(mode="smb", amt_address=address)
    AmtSettings.objects.create(
        **{"device": device, "mode": "smb", "address": address, "credential": login} | fields,
        server=factories.server(),
    )
    return device


def carry_out(device: Device, ask=subscribe) -> JobItem:
    chosen = Device.objects.filter(pk=device.pk)
    job = ask(devices=chosen, intent=uuid4(), asked_by=factories.person())
    run = run_subscribe_items if ask is subscribe else run_unsubscribe_items
    run(list(job.items.values_list("pk", flat=True)))
    return job.items.get()


def kept_by(simulated) -> list[str]:
    return [one.address for one in simulated.subscriptions]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("profile", ["7.1", "14.1", "16.1", "19.0"])
def test_each_firmware_subscribes_and_unsubscribes(fleet, console, profile):
    (simulated,) = fleet(1, profile=profile)
    device = managed(simulated.address)

    line = carry_out(device)

    assert line.status == "done", line.message
    row = AlertSubscription.objects.get(device=device)
    assert kept_by(simulated) == [f"http://127.0.0.1:9/amt/events/{row.key}/"]
    assert (row.state, row.address, row.failure) == ("on", kept_by(simulated)[0], "")
    (kept,) = simulated.subscriptions
    assert (kept.username, kept.password) == login_of(row.key)
    assert kept.is_acked
    assert AuditEntry.objects.filter(verb="amt.subscribe_alerts").exists()

    line = carry_out(device, unsubscribe)

    assert (line.status, line.message.split(":")[0]) == ("done", "Unsubscribed")
    assert kept_by(simulated) == []
    after = AlertSubscription.objects.get(device=device)
    assert (after.state, after.address) == ("off", "")
    assert after.key != row.key


@pytest.mark.django_db(transaction=True)
def test_an_address_that_was_given_up_takes_nothing_more(fleet, console, client):
    (simulated,) = fleet(1)
    device = managed(simulated.address)
    carry_out(device)
    row = AlertSubscription.objects.get()
    carry_out(device, unsubscribe)
    assert Engine(client, row).client.post(path_to(row), event(), SOAP).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_subscribing_again_leaves_one_also_where_the_console_moved(fleet, console, settings):
    (simulated,) = fleet(1)
    device = managed(simulated.address)
    carry_out(device)
    settings.ALERT_URL = "http://localhost:9"
    assert carry_out(device).status == "done"
    assert [address.partition("/amt/")[0] for address in kept_by(simulated)] == [
        "http://localhost:9"
    ]


@pytest.mark.django_db(transaction=True)
def test_what_a_lost_key_left_behind_is_found_by_the_address(fleet, console):
    (simulated,) = fleet(1)
    device = managed(simulated.address)
    carry_out(device)
    AlertSubscription.objects.all().delete()
    assert carry_out(device).status == "done"
    assert len(kept_by(simulated)) == 1


@pytest.mark.django_db(transaction=True)
def test_a_device_that_was_not_subscribed_says_so(fleet, console):
    (simulated,) = fleet(1)
    line = carry_out(managed(simulated.address), unsubscribe)
    assert (line.status, line.message) == ("done", "It was not subscribed.")


@pytest.mark.django_db(transaction=True)
def test_a_device_that_accepts_and_ignores_is_not_done(fleet, console):
    (simulated,) = fleet(1, faults={Fault.ACCEPTS_AND_IGNORES})
    line = carry_out(managed(simulated.address))
    assert (line.status, line.error_code) == ("unknown", "unexpected-answer")
    row = AlertSubscription.objects.get()
    assert row.state == "asked"
    assert row.failure == line.message


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({"profile": "5.2"}, "not-supported"),
        ({"profile": "2.6"}, "no-ws-management"),
        ({"faults": {Fault.WRONG_PASSWORD}}, "sign-in-refused"),
    ],
)
def test_why_a_device_is_not_subscribed_is_told(fleet, console, spec, code):
    (simulated,) = fleet(1, **spec)
    line = carry_out(managed(simulated.address))
    assert (line.status, line.error_code) == ("failed", code)
    row = AlertSubscription.objects.get()
    assert (row.state, row.failure) == ("off", line.message)


@pytest.mark.django_db(transaction=True)
def test_https_is_for_firmware_from_11_on(fleet, console, settings):
    settings.ALERT_URL = "https://127.0.0.1"
    (old,) = fleet(1, profile="9.5")
    line = carry_out(managed(old.address))
    assert (line.status, line.error_code) == ("failed", "alerts-need-http")
    (new,) = fleet(1, profile="11.8")
    assert carry_out(managed(new.address)).status == "done"


@pytest.mark.django_db(transaction=True)
def test_a_worker_without_an_address_says_so(fleet, settings):
    settings.PRACTICE, settings.ALERT_URL = True, ""
    (simulated,) = fleet(1)
    line = carry_out(managed(simulated.address))
    assert (line.status, line.error_code) == ("failed", "no-alert-address")
    assert simulated.requests == 0


@pytest.mark.django_db
def test_whoever_may_only_read_states_may_not_subscribe():
    operator = factories.person(Role.POWER_OPERATOR)
    with pytest.raises(PermissionDenied):
        subscribe(devices=Device.objects.all(), intent=uuid4(), asked_by=operator)


@pytest.mark.django_db
def test_a_device_that_is_not_set_up_is_skipped(console):
    device = factories.device()
    chosen = Device.objects.filter(pk=device.pk)
    job = subscribe(devices=chosen, intent=uuid4(), asked_by=factories.person())
    assert job.items.get().status == "skipped"


@pytest.mark.django_db
def test_a_device_that_was_unprovisioned_is_not_subscribed_any_more(row, client):
    ends.gone(device=row.device, is_full=True, by=None)
    assert client.post(path_to(row), event(), content_type=SOAP).status_code == 404


# The pages


@pytest.mark.django_db(transaction=True)
def test_the_card_says_how_things_stand(fleet, console, client):
    (simulated,) = fleet(1)
    device = managed(simulated.address)
    client.force_login(factories.person())
    tab = reverse("amt:inventory", args=[device.pk])
    assert "Not subscribed" in client.get(tab).content.decode()

    client.post(reverse("amt:subscribe_alerts", args=[device.pk]))
    run_subscribe_items(list(JobItem.objects.values_list("pk", flat=True)))

    page = client.get(tab).content.decode()
    assert "Subscribed: the device lists this console." in page
    assert re.search(r"<dt>Last heard</dt><dd>.{0,200}never", page)
    assert login_of(AlertSubscription.objects.get().key)[1] not in page
    assert reverse("amt:unsubscribe_alerts", args=[device.pk]) in page


@pytest.mark.django_db
def test_without_an_address_the_button_says_so(client, settings):
    settings.ALERT_URL = ""
    device = managed("127.0.1.1")
    client.force_login(factories.person())
    page = client.get(reverse("amt:inventory", args=[device.pk])).content.decode()
    assert 'disabled title="Set ZCC_ALERT_URL first"' in page


@pytest.mark.django_db
@pytest.mark.parametrize(("url", "shown"), [("http://127.0.0.1:9", True), ("", False)])
def test_quick_tasks_offer_it_where_it_is_possible(client, settings, url, shown):
    settings.ALERT_URL = url
    device = managed("127.0.1.1")
    client.force_login(factories.person())
    menu = client.post(reverse("devices:quick_tasks"), {"pk": device.pk}).content.decode()
    assert ("Subscribe to alerts" in menu) is shown
    if shown:
        answer = client.post(reverse("amt:subscribe_selected"), {"pk": device.pk})
        assert JobItem.objects.get().job.get_absolute_url() == answer.url


# The whole way


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("profile", ["9.5", "16.1"])
def test_an_event_of_a_device_is_a_message_of_the_console(fleet, live_server, settings, profile):
    settings.PRACTICE, settings.ALERT_URL = True, live_server.url
    (simulated,) = fleet(1, profile=profile)
    device = managed(simulated.address)
    assert carry_out(device).status == "done"

    simulated.event_log.add(1_700_000_000, 5, 0, 16, 23, ())
    until(lambda: simulated.postman.delivered == 1)

    message = Message.objects.get()
    assert (message.device, message.source, message.severity) == (device, "alert", "error")
    assert (message.code, message.text) == ("PLAT0004", "Case opened")
    assert list(simulated.postman.statuses) == [200]
    assert AlertSubscription.objects.get().heard_at

    simulated.event_log.add_failed_sign_in(1_700_000_100, 3)
    until(lambda: simulated.postman.delivered == 2)
    assert Message.objects.count() == 2

    assert carry_out(device, unsubscribe).status == "done"
    simulated.event_log.add(1_700_000_200, 5, 0, 16, 23, ())
    assert simulated.postman.delivered == 2


@pytest.mark.django_db(transaction=True)
def test_a_boot_is_heard_and_is_no_message(fleet, live_server, settings):
    settings.PRACTICE, settings.ALERT_URL = True, live_server.url
    (simulated,) = fleet(1)
    carry_out(managed(simulated.address))

    simulated.press_power_button()
    simulated.press_power_button()

    until(lambda: simulated.postman.delivered == 3)
    assert AlertSubscription.objects.get().heard_at
    assert not Message.objects.exists()


def until(check) -> None:
    ends = time.monotonic() + SECONDS
    while not check():
        assert time.monotonic() < ends
        time.sleep(0.02)
