"""The practice zone in a browser: all 24 devices, each action, against the devices' own log."""

import csv
import io
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.ops import console

ACTIONS = {"Power Off": 8, "Power On": 2, "Reset": 10, "Power Cycle Reset": 5}


@pytest.mark.browser
@pytest.mark.timeout(400)
def test_every_line_agrees_with_the_log_of_the_devices(chromium, tmp_path):
    env = console.environment(ZCC_DATA_DIR=str(tmp_path / "demo"), ZCC_PRACTICE="1")
    log = tmp_path / "demo" / "orders.jsonl"
    with console.manage("demo", env=env, log=tmp_path / "log") as demo:
        page = watched(chromium, link := console.link_in(demo.wait_for("Ctrl-C")))
        wait_for_states(page, console.address_of(link))
        for action, requested in ACTIONS.items():
            before = len(log.read_text().splitlines()) if log.exists() else 0
            lines = order_all(page, console.address_of(link), action)
            sent = Counter(order["address"] for order in executed(log)[before:])

            assert len(lines) == 24
            assert {order["requested"] for order in executed(log)[before:]} == {requested}
            for line in lines:
                assert line["status"] in truth(action, line["device"]), (action, line)
                was_sent = "nothing sent" not in line["message"]
                assert sent[line["address"]] == was_sent, (action, line)
    assert page.complaints == []


def truth(action: str, device: str) -> set[str]:
    """Return how a line may end: those of Reception write no boot records.

    Nothing proves their reset; a power cycle is proven where a look falls into the time it is off.
    """
    if not device.startswith("FRONT") or not action.endswith("Reset"):
        return {"done"}
    return {"accepted"} if action == "Reset" else {"accepted", "done"}


def executed(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def watched(browser: Any, link: str) -> Any:
    """Return a page that has followed the link and remembers what its console said."""
    page = browser.new_page()
    page.complaints = []
    page.on("console", lambda m: page.complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto(link)
    return page


def wait_for_states(page: Any, address: str) -> None:
    """Wait until the first poll has read all states."""

    def are_known() -> bool:
        page.goto(f"{address}/devices/")
        rows = page.locator("tbody tr").all_inner_texts()
        return sum(bool(re.search(r"\b(On|Off) \d", row)) for row in rows) == 24

    console.until(are_known, "The states were not read.")


def order_all(page: Any, address: str, action: str) -> list[dict[str, str]]:
    """Order ``action`` of all devices in the list as a person does; return the finished lines."""
    page.goto(f"{address}/devices/")
    page.get_by_label("Select this page").check()
    page.get_by_role("button", name="Quick Tasks").click()
    page.get_by_text("Intel AMT Power Management").first.click()
    page.get_by_role("radio", name=action, exact=False).first.wait_for()
    page.locator("label", has_text=action).first.click()
    page.get_by_role("dialog").get_by_role("button", name="OK").click()
    page.wait_for_url("**/tasks/*/")
    page.get_by_text("Finished", exact=True).wait_for(timeout=90_000)
    text = page.request.get(f"{page.url}csv/").text()
    return list(csv.DictReader(io.StringIO(text)))
