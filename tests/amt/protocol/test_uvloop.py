"""The worker runs on uvloop, whose errors are not all those of asyncio: the border holds there too.

Each test is one of another module, run again on the other loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvloop

from tests.amt.protocol import test_errors, test_session, test_tls

AGAIN: list[Callable[..., Awaitable[None]]] = [
    test_tls.test_another_certificate_gets_not_one_byte_of_http,
    test_tls.test_firmware_with_tls_1_0_needs_the_old_profile,
    test_tls.test_a_port_without_tls_is_told_apart_from_a_dead_one,
    test_tls.test_a_hang_up_during_the_handshake_is_a_failure_of_tls,
    test_tls.test_the_second_connection_resumes_the_first_and_still_checks_the_pin,
    test_tls.test_sessions_of_two_devices_are_never_mixed,
    test_errors.test_a_name_that_does_not_exist_is_unreachable,
    test_session.test_a_new_connection_follows_each_401_even_a_silent_one,
    test_session.test_an_order_whose_moment_has_passed_is_not_sent,
    test_session.test_an_order_on_a_dead_kept_connection_is_never_made_again,
    test_session.test_a_read_on_a_dead_kept_connection_is_made_again_on_a_new_one,
    test_session.test_the_time_limit_of_a_session_counts_all_its_requests,
]


def on_uvloop(test: Callable[..., Awaitable[None]], *args: Any) -> None:
    async def run() -> None:
        assert isinstance(asyncio.get_running_loop(), uvloop.Loop)
        await test(*args)
        await asyncio.sleep(0)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


@pytest.mark.parametrize("test", AGAIN, ids=lambda test: test.__name__.removeprefix("test_"))
def test_on_uvloop_too(test: Callable[..., Awaitable[None]]) -> None:
    on_uvloop(test)


@pytest.mark.parametrize("code", test_errors.CASES)
def test_each_error_is_the_same_on_uvloop(code: str) -> None:
    on_uvloop(test_errors.test_each_code_comes_about_and_says_one_sentence, code)


@pytest.mark.parametrize("pin", [None, test_tls.fingerprint()])
def test_a_changed_certificate_stops_the_login_on_uvloop(pin: str | None) -> None:
    on_uvloop(test_tls.test_a_certificate_that_changes_between_two_connections_stops_the_login, pin)
