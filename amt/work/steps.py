"""The steps of a line, each answered on it as soon as its answer is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from devices.models import JobItem
from devices.work import Rows


@dataclass
class Step:
    """One step or question, and its answer so far."""

    key: str
    word: str
    status: str = "waiting"
    sentence: str = ""


class Steps:
    """What is done with one device, step by step; whoever watches the line sees it."""

    def __init__(
        self, item: JobItem, rows: Rows, words: Sequence[tuple[str, str]], *, is_told: bool = False
    ) -> None:
        """Begin with none answered. ``words``: the key of each step, and how it is asked.

        ``is_told``: the line says on the task's page which step is under way.
        """
        self.item, self.rows, self.is_told = item, rows, is_told
        self.began = monotonic()
        self.steps = {key: Step(key, word) for key, word in words}

    @property
    def evidence(self) -> dict[str, Any]:
        """Return what the page shows: steps in their order, and the time that it took."""
        told = [dict(vars(step)) for step in self.steps.values()]
        return {"steps": told, "seconds": round(monotonic() - self.began, 2)}

    @property
    def asked(self) -> Step | None:
        """Return the step that is under way."""
        return next((step for step in self.steps.values() if step.status == "running"), None)

    def say(self, key: str, status: str, word: str, sentence: str = "") -> None:
        """Answer one step, and show it."""
        self.steps[key] = Step(key, word, status, sentence)
        self._show()

    def ask(self, key: str) -> None:
        """Show which step is under way."""
        self.steps[key].status = "running"
        if self.is_told:
            number = list(self.steps).index(key) + 1
            word = self.steps[key].word.rstrip("?")
            self.item.message = f"Step {number} of {len(self.steps)}: {word}."
        self._show()

    def end_at(self, key: str, word: str, sentence: str = "") -> None:
        """Mark the step that failed; those behind it are not done."""
        self.steps[key] = Step(key, word, "failed", sentence)
        for later in self.steps.values():
            if later.status in ("waiting", "running"):
                later.status, later.word = "skipped", f"{later.word.rstrip('?')}: not asked"

    def _show(self) -> None:
        self.rows.note(self.item, evidence={**self.item.evidence, **self.evidence})
