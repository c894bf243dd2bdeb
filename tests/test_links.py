"""Each person is shown what they may open and nothing else: every link of a page is followed."""

import re
from html import unescape

import pytest

from tests.small_zone import ROLES, small_zone

pytestmark = pytest.mark.django_db
NOT_NOW = re.compile(r"\s(disabled|data-needs|data-with-selection)")
TAG = re.compile(r"<\w+\s[^>]*>")
LINK = re.compile(r'\s(?:href|hx-get)="([^"#]*)["#]')
MANY = 150  # pages for one person: enough for every kind of page


def links(page: str, here: str) -> set[str]:
    """Return the addresses that a page leads to or loads, those of static files left out."""
    tags = [tag for tag in TAG.findall(page) if not NOT_NOW.search(tag)]
    found = {unescape(link) for tag in tags for link in LINK.findall(tag)}
    found = {here.partition("?")[0] + link if link.startswith("?") else link for link in found}
    return {link for link in found if link.startswith("/") and not link.startswith("/static/")}


def without_keys(link: str) -> str:
    """Return a link's kind: one page for each is enough."""
    path, _, query = link.partition("?")
    names = sorted(part.partition("=")[0] for part in query.split("&"))
    return re.sub(r"\d+|[0-9a-f-]{36}", "N", path) + "?" + "&".join(names)


@pytest.mark.parametrize("role", [role for role in ROLES if role != "nobody"])
def test_no_link_leads_where_the_person_may_not_go(role):
    browser, waiting, seen, broken = small_zone().browser(role), [("/", "")], {"/?"}, []
    while waiting and len(seen) < MANY:
        link, where = waiting.pop(0)
        answer = browser.get(link)
        if answer.status_code >= 400:
            broken.append(f"{answer.status_code} {link} on {where}")
        if answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
            continue
        for found in sorted(links(answer.text, link)):
            if without_keys(found) not in seen:
                seen.add(without_keys(found))
                waiting.append((found, link))

    assert "\n".join(broken) == ""
    assert len(seen) > 10
