"""Each power action and each fault of a device ends in the right status, code and sentence."""

import pytest

from amt.constants import PowerState
from amt.simulator import Fault
from devices.models import Setting
from power.models import PowerAction


@pytest.mark.parametrize(
    ("action", "before", "sentence"),
    [
        (PowerAction.ON, PowerState.OFF_SOFT, "On, seen at once."),
        (PowerAction.OFF, PowerState.ON, "Off, seen at once."),
        (PowerAction.RESET, PowerState.ON, "Restart seen"),
        (PowerAction.CYCLE, PowerState.ON, "Power cycle seen"),
    ],
)
@pytest.mark.parametrize("tls", [True, False])
def test_action_is_done_once_its_evidence_was_read(pc, action, before, sentence, tls):
    one = pc(power=before, tls=tls, plain=not tls)

    item = one.order(action)

    assert (item.status, item.error_code) == ("done", "")
    assert item.message.startswith(sentence)
    assert len(one.engine.orders) == 1
    one.device.refresh_from_db()
    assert one.device.power_state == item.state_after
    assert one.device.connection.startswith("TLS" if tls else "Plain")


@pytest.mark.parametrize(
    ("fault", "status", "code", "sentence", "executed"),
    [
        (Fault.SLOW, "done", "", "Off, seen", 1),
        (Fault.SILENT, "unknown", "state-unreadable", "could not be read, so nothing was sent", 0),
        (Fault.REFUSES, "failed", "port-closed", "is closed", 0),
        (Fault.UNPLUGGED, "failed", "unreachable", "No connection on port", 0),
        (Fault.DROPS_BEFORE_EXECUTING, "unknown", "no-answer", "Not sent again", 0),
        (Fault.DROPS_AFTER_EXECUTING, "done", "", "The answer to the order itself was lost", 1),
        (Fault.HANGS_AFTER_EXECUTING, "done", "", "The answer to the order itself was lost", 1),
        (Fault.WRONG_PASSWORD, "failed", "sign-in-refused", "refuses credential", 0),
        (Fault.ACCEPTS_AND_IGNORES, "accepted", "not-confirmed", "still on after 5 s", 0),
        (Fault.REFUSES_ORDER, "failed", "refused", "refused Power Off (its code 2", 0),
        (Fault.STATE_UNREADABLE, "unknown", "state-unreadable", "nothing was sent", 0),
        (Fault.TRUNCATED_XML, "failed", "damaged-answer", "", 0),
        (Fault.OVERSIZED_XML, "failed", "hostile-answer", "", 0),
        (Fault.ANSWERS_HTML, "failed", "bad-answer", "not AMT's", 0),
        (Fault.ANSWERS_HOSTILE_XML, "failed", "hostile-answer", "", 0),
        (Fault.CLOSES_SILENTLY_AFTER_401, "done", "", "Off, seen", 1),
    ],
)
def test_power_off_ends_as_the_fault_demands(pc, fault, status, code, sentence, executed):
    one = pc(power=PowerState.ON, faults=frozenset({fault}))
    one.engine.slow_seconds = 0.5

    item = one.order(PowerAction.OFF)

    assert (item.status, item.error_code) == (status, code), item.message
    assert sentence in item.message
    assert len(one.engine.orders) == executed
    assert len(item.message) <= 140


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.CHANGED_CERTIFICATE, "certificate-changed"),
        (Fault.CHANGED_REALM, "realm-changed"),
    ],
)
def test_changed_identity_stops_before_any_password_goes_out(pc, fault, code):
    one = pc(power=PowerState.ON)
    assert one.order(PowerAction.ON).message == "Was already on; nothing sent."
    one.engine.set_faults(fault)

    item = one.order(PowerAction.OFF)

    assert (item.status, item.error_code, item.next_step) == ("failed", code, "confirm")
    assert one.engine.orders == []


def test_reset_without_boot_records_is_accepted_not_confirmed(pc):
    one = pc(power=PowerState.ON, profile="16.1-no-records")

    item = one.order(PowerAction.RESET)

    assert (item.status, item.error_code) == ("accepted", "not-confirmed")
    assert "writes no boot record" in item.message, item.evidence
    assert len(one.engine.orders) == 1


def test_lost_answer_to_a_reset_is_never_sent_again(pc):
    one = pc(power=PowerState.ON, faults=frozenset({Fault.DROPS_BEFORE_EXECUTING}))

    item = one.order(PowerAction.RESET)

    assert (item.status, item.error_code) == ("unknown", "no-answer")
    assert item.attempt_count == 1
    assert [attempt.number for attempt in item.attempts.all()] == [1]


def test_reset_of_what_is_off_is_skipped(pc):
    one = pc(power=PowerState.OFF_SOFT)

    item = one.order(PowerAction.RESET)

    assert (item.status, item.next_step) == ("skipped", "power-on")
    assert item.message == "It is off, so there is nothing to reset."
    assert one.engine.orders == []


def test_power_on_is_sent_though_the_state_cannot_be_read(pc):
    one = pc(power=PowerState.OFF_SOFT, faults=frozenset({Fault.STATE_UNREADABLE}))

    item = one.order(PowerAction.ON)

    assert len(one.engine.orders) == 1
    assert item.status == "accepted"


def test_send_anyway_orders_what_cannot_be_read(pc):
    one = pc(power=PowerState.ON, faults=frozenset({Fault.STATE_UNREADABLE}))

    item = one.order(PowerAction.OFF, send_anyway=[one.device.pk])

    assert len(one.engine.orders) == 1
    assert item.status == "accepted"
    assert "could not be read" in item.message


def test_changed_certificate_is_kept_beside_the_known_one_for_a_person_to_compare(pc):
    one = pc(power=PowerState.ON)
    one.order(PowerAction.ON)
    one.engine.set_faults(Fault.CHANGED_CERTIFICATE)

    one.order(PowerAction.OFF)

    known = one.device.amt_settings
    known.refresh_from_db()
    assert known.seen_pin == one.engine.certificate_sha256
    assert known.pin not in ("", known.seen_pin)
    one.device.refresh_from_db()
    assert one.device.connection == "Certificate changed"


def test_a_device_that_offers_plain_http_alone_is_told_from_one_without_power(pc):
    Setting.objects.create(key="amt.plain_allowed", value=False)
    one = pc(power=PowerState.ON, tls=False, plain=True)

    item = one.order(PowerAction.OFF)

    assert (item.status, item.error_code) == ("failed", "plain-not-allowed")
    assert item.next_step == "allow"
    assert one.engine.orders == []
