"""The page of the documentation is the catalogue of the code."""

from pathlib import Path

from django.conf import settings

from amt.doctor.causes import KINDS
from amt.doctor.checks import ROWS
from amt.management.commands.causes import document
from amt.views.doctor import LINKS


def test_documentation_is_made_of_the_catalogue():
    text = (Path(settings.BASE_DIR) / "docs/doctor.md").read_text()

    assert text == document()
    assert all(f"| `{code}` |" in text for code in KINDS)


def test_every_cause_leads_to_a_row_and_a_page_that_there_are():
    assert {kind.check for kind in KINDS.values()} <= {"", *ROWS}
    assert {kind.link for kind in KINDS.values()} <= {"", "device", *LINKS}
    assert all(link.url.startswith("/") for link in LINKS.values())
