"""Take the pictures of README.md from a running practice zone: python docs/screens.py LINK."""

import re
import shutil
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import ViewportSize, sync_playwright

PLACE = Path(__file__).parent / "screens"
ENDS = {"Power On": "06:50", "Power Off": "18:20"}
WINDOW: ViewportSize = {"width": 1280, "height": 800}


def main(link: str) -> None:
    """Sign in with ``link``, order a reset, and picture what is seen on the way."""
    address = "{0.scheme}://{0.netloc}".format(urlsplit(link))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_context(viewport=WINDOW, base_url=address).new_page()
        page.goto(link)
        order(page)
        page.goto("/devices/")
        page.get_by_role("link", name=re.compile("^TRAIN-02")).click()
        picture(page, "device")
        page.goto("/")
        picture(page, "home")
        schedule(page)
        browser.close()


def order(page: Any) -> None:
    """Reset all devices, from the list to the finished task."""
    page.goto("/devices/")
    picture(page, "devices")
    page.get_by_label("Select this page").check()
    page.get_by_role("button", name="Quick Tasks").click()
    page.get_by_text("Intel AMT Power Management").first.click()
    page.get_by_role("dialog").locator("label", has_text="Reset").first.click()
    page.get_by_role("dialog").get_by_role("button", name="OK").wait_for()
    picture(page, "power")
    page.get_by_role("dialog").get_by_role("button", name="OK").click()
    page.wait_for_url("**/tasks/*/")
    page.get_by_text("Finished", exact=True).wait_for(timeout=90_000)
    picture(page, "job")


def schedule(page: Any) -> None:
    """Make schedules for the zone, and picture the editor and the calendar."""
    page.goto("/configuration/settings/power-management-settings/")
    for state in ("Power On", "Power Off"):
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_role("menuitem", name=state, exact=True).click()
        editor = page.get_by_role("dialog")
        editor.get_by_label("End of the time to start").fill(ENDS[state])
        if state == "Power Off":
            picture(page, "schedule")
        editor.get_by_role("button", name="OK", exact=True).click()
        page.locator("#schedules-list table").get_by_text(state).wait_for()
    page.get_by_role("button", name="Apply", exact=True).click()
    page.get_by_text("Saved: Schedules").wait_for()
    page.goto("/calendar/")
    page.get_by_role("link", name="Next week").click()
    page.locator("a.z-ev").first.click()
    picture(page, "calendar")


def picture(page: Any, name: str) -> None:
    """Save what the window shows, once it is quiet."""
    page.wait_for_timeout(1500)
    page.screenshot(path=PLACE / f"{name}.png")


if __name__ == "__main__":
    main(sys.argv[1])
