"""What people do again and again: tick all, open the power dialog, choose a verb, wait."""

import re
from typing import Any

from playwright.sync_api import Page, expect

ENDS_WITHIN = 60_000  # milliseconds


def tick_all(page: Page, place: str = "/devices/") -> None:
    page.goto(place)
    page.get_by_label("Select this page").check()


def open_power(page: Page) -> Any:
    """Open the power dialog for what is ticked and return it."""
    page.get_by_role("button", name="Quick Tasks", exact=True).click()
    page.get_by_role("menuitem", name="Intel AMT Power Management").click()
    return page.get_by_role("dialog", name="Intel AMT Power Management")


def choose(dialog: Any, verb: str) -> Any:
    """Choose a verb and return OK as it is then."""
    with dialog.page.expect_response("**/power/dialog/*"):
        dialog.get_by_role("radio", name=re.compile(f"^{verb}")).check()
    expect(dialog.get_by_role("table")).to_be_visible()
    return dialog.get_by_role("button", name="OK")


def order(page: Page, verb: str) -> None:
    """Order ``verb`` of what is ticked; the task page opens."""
    choose(open_power(page), verb).click()
    page.wait_for_url("**/tasks/*/")


def wait_for_end(page: Page) -> None:
    expect(page.get_by_text("Finished", exact=True)).to_be_visible(timeout=ENDS_WITHIN)


def lines(page: Page) -> dict[str, list[str]]:
    """Return the cells of each line of a task page by the name of its device."""
    rows = page.locator("#job tbody tr").all()
    cells = [[text.strip() for text in row.get_by_role("cell").all_inner_texts()] for row in rows]
    return {row[0].split(" ")[0]: row[1:] for row in cells}
