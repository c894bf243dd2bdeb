"""The rows of the dialog in which conditions over inventories are written."""

from dataclasses import dataclass
from itertools import zip_longest

from django.http import QueryDict

from devices.models import User
from devices.services import conditions, facts
from devices.services.conditions import BadCondition, Condition


@dataclass
class Row:
    """One condition as it was typed, and what is wrong with it."""

    operator: str = "is"
    name: str = ""
    value: str = ""
    error: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.name.strip() and not self.value.strip()


class ConditionsForm:
    """What a person wrote; ``is_valid`` gives each row its error, and all of them theirs."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows or [Row()]
        self.conditions: list[Condition] = []
        self.error = ""

    @classmethod
    def of(cls, words: tuple[str, ...]) -> "ConditionsForm":
        """Return the form with the conditions of an address, whether they are right or not."""
        return cls([Row(*conditions.parts(word)) for word in words[: conditions.MOST_CONDITIONS]])

    @classmethod
    def sent(cls, sent: QueryDict) -> "ConditionsForm":
        """Return the form as it was sent: ``add`` wants another row, ``remove`` one less."""
        names = ("operator", "name", "value")
        columns = (sent.getlist(name)[: conditions.MOST_CONDITIONS + 1] for name in names)
        rows = [Row(*cells) for cells in zip_longest(*columns, fillvalue="")]
        kept = [row for n, row in enumerate(rows) if str(n) != sent.get("remove")]
        return cls([*kept, Row()] if "add" in sent else kept)

    @property
    def may_add(self) -> bool:
        return len(self.rows) < conditions.MOST_CONDITIONS

    def is_valid(self, user: User) -> bool:
        """Return whether all rows can be understood and answered; empty ones are left out."""
        read = [row for row in self.rows if not row.is_empty and self._read(row)]
        if len(self.rows) > conditions.MOST_CONDITIONS:
            self.error = conditions.TOO_MANY
            return False
        for row, why in zip(read, facts.refusals(user, self.conditions), strict=True):
            row.error = why
        return not any(row.error for row in self.rows)

    def _read(self, row: Row) -> bool:
        try:
            self.conditions.append(conditions.condition(row.name, row.operator, row.value))
        except BadCondition as error:
            row.error = str(error)
        return not row.error
