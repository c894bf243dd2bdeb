"""Live alerts: MeshCentral's stack subscribes to the simulated firmware, and reads its events."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from amt.protocol.wsman.indication import read_event
from amt.simulator.alerts import alert_of, letters
from amt.simulator.subscriptions import Subscription
from tests.amt.simulator.test_eventing import listener as listener  # a fixture
from tests.amt.simulator.test_eventing import open_case, until

from .peers import PASSWORD, PEERS, SECONDS

READ_BY_THEM = {"IndicationIdentifier", "IndicationTime", "MessageID", "PerceivedSeverity"}
HERE = Path(__file__).parent


def program(name: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["node", str(HERE / name), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "ZCC_PEERS": str(PEERS)},
    )


@pytest.mark.parametrize("profile", ["7.1", "11.8", "14.1"])
def test_meshcentral_subscribes_is_told_and_leaves(fleet, listener, profile):
    listener.wants_login, listener.acks = True, True
    (device,) = fleet(1, profile=profile)
    theirs = program("subscribe.js", device.address, PASSWORD, listener.url, "John", "doe-pass")
    try:
        told = json.loads(theirs.stdout.readline())
        assert "Intel(r) AMT:All" in told["filters"]
        assert told["subscribed"] == 200
        assert told["listeners"][0]["Destination"] == listener.url
        assert told["listeners"][0]["DeliveryMode"] == 3

        open_case(device)
        until(lambda: device.postman.delivered)
        assert len(listener.events) == 1

        answer, _ = theirs.communicate("leave\n", timeout=SECONDS)
        assert json.loads(answer) == {"unsubscribed": 200, "left": 0}
        assert len(device.subscriptions) == 0
    finally:
        theirs.kill()
        theirs.wait()


def test_meshcentral_reads_an_event(fleet):
    (device,) = fleet(1)
    open_case(device)
    alert = alert_of(device.event_log.newest_first(1, 1)[0])
    (letter,) = letters(alert, [Subscription("Intel(r) AMT:All", "", is_acked=True)])

    answer, _ = program("read_event.js").communicate(letter.body.decode(), timeout=SECONDS)

    theirs = json.loads(answer)  # version 1.1.55 loses the values, not the names
    assert theirs["Header"]["Method"] == "CIM_AlertIndication"
    assert theirs["Header"]["MessageID"] == letter.message_id
    assert theirs["Body"].keys() >= READ_BY_THEM
    assert len(theirs["Body"]["MessageArguments"]) == len(read_event(letter.body).alert.arguments)
