"""The documented tables are what happens: every firmware and every fault, the whole way."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.campaigns import faults, matrix, zone

DOCS = Path(__file__).parents[2] / "docs"


def rows(table: str) -> list[str]:
    return [line for line in table.splitlines() if line.startswith("|")]


@pytest.mark.parametrize(
    ("document", "campaign", "first"),
    [("firmware.md", matrix, "AMT"), ("faults.md", faults, "Fault")],
    ids=["firmware", "faults"],
)
def test_documented_table_is_what_happens(transactional_db, document, campaign, first):
    found = campaign.run()

    assert rows(zone.markdown(found, first)) == rows((DOCS / document).read_text())
    assert not faults.complaints(found), words(found)


def words(found: Mapping[zone.Cell, zone.Result]) -> list[str]:
    return [f"{row}, {name}: {result.message}" for (row, name), result in found.items()]
