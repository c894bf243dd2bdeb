"""RMCP presence: our ping is answered by the simulated engine, and its pong is understood."""

import pytest

from amt.constants import ProvisioningState
from amt.protocol.rmcp import Pong, ping, read_pong
from amt.simulator import Device, DeviceSpec
from amt.simulator.rmcp import pong

# A pong of AMT 7.1, ports 16992 and 16993 open, set up: written after amt-protocol 5.2.
AMT_7_1 = bytes.fromhex("0600ff06000011be4007001000000157426071060020" + "00" * 6)


def test_ping_is_the_twelve_bytes_of_the_standard():
    assert ping(7) == bytes.fromhex("0600ff06000011be80070000")


@pytest.mark.parametrize("tag", [-1, 255])
def test_tag_that_asks_for_no_answer_is_refused(tag):
    with pytest.raises(ValueError, match="A tag goes from 0 to 254"):
        ping(tag)


def test_pong_of_7_1_is_read_field_by_field():
    assert read_pong(AMT_7_1) == Pong(7, 16992, True, (7, 1), ProvisioningState.POST)


@pytest.mark.parametrize(
    ("spec", "port", "both", "version"),
    [
        (DeviceSpec("127.0.0.1", profile="9.5"), 16992, True, (9, 5)),
        (DeviceSpec("127.0.0.1", profile="11.8", tls=False), 16992, False, (11, 8)),
        (DeviceSpec("127.0.0.1", profile="11.8", plain=False), 16993, False, (11, 8)),
    ],
)
def test_simulated_engine_answers_our_ping(spec, port, both, version):
    answer = pong(Device(spec), ping(42))

    assert read_pong(answer) == Pong(42, port, both, version, ProvisioningState.POST)


def test_version_from_16_on_stands_in_its_own_bytes():
    told = AMT_7_1[:18] + bytes.fromhex("00060020100000000000")

    assert read_pong(told).version == (16, 0)


def test_firmware_before_6_tells_no_version():
    assert read_pong(AMT_7_1[:18] + bytes.fromhex("00060020000000000000")).version is None


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        AMT_7_1[:19],
        b"\x05" + AMT_7_1[1:],
        AMT_7_1[:8] + b"\x80" + AMT_7_1[9:],
        AMT_7_1[:15] + b"\x58" + AMT_7_1[16:],
        AMT_7_1[:19] + b"\x03" + AMT_7_1[20:],
        AMT_7_1[:21] + b"\x00" + AMT_7_1[22:],
    ],
    ids=["empty", "cut", "version", "a ping", "another maker", "state 3", "no DASH"],
)
def test_what_is_no_pong_of_amt_is_none(datagram):
    assert read_pong(datagram) is None
