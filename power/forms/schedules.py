"""The Schedule Editor of power (S117), and the dialog that pauses schedules."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from devices import schedule_words
from devices.forms.schedules import MISSED, DateField, RuleForm, TimeField
from devices.forms.words import InOurWords
from devices.schedules import Missed, Rule
from power.models import PowerAction
from power.schedule_entries import POWER_KINDS, Entry, complaints


class EntryForm(RuleForm):
    """One entry of Power Management Settings."""

    leave_out = forms.BooleanField(
        label="Leave out the servers that send these orders", required=False
    )

    def __init__(
        self,
        *args: Any,
        action: PowerAction,
        verify_seconds: int,
        entry_id: UUID | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, kinds=POWER_KINDS, **kwargs)
        self.action, self.entry_id, self.verify_seconds = action, entry_id, verify_seconds
        if not action.is_harmless:
            self.offer("missed", [each for each in MISSED if each[0] is not Missed.ONCE])

    @classmethod
    def showing(cls, entry: Entry, verify_seconds: int) -> "EntryForm":
        """Return the form that shows ``entry``."""
        initial = cls.initial_of(entry.rule) | {"leave_out": entry.leaves_out_senders}
        form = cls(
            initial=initial,
            action=entry.action,
            verify_seconds=verify_seconds,
            entry_id=entry.id,
        )
        form.show(entry.rule)
        return form

    def complaints(self, rule: Rule) -> Iterable[schedule_words.Complaint]:
        """Return what makes the rule impossible, as a rule of power."""
        said = complaints(Entry(self.action, rule), self.verify_seconds)
        return said or super().complaints(rule)

    def entry(self, is_enabled: bool = True) -> Entry:
        """Return the entry of a valid form."""
        rule, leaves_out = self.cleaned_data["rule"], self.cleaned_data["leave_out"]
        return Entry(self.action, rule, is_enabled, leaves_out, self.entry_id)


class PauseForm(InOurWords, forms.Form):
    """Until when all schedules of a folder rest, and why."""

    day = DateField(label="Until")
    at = TimeField(label="Time")
    why = forms.CharField(label="Why", max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        """Put day and time together, in the zone's time zone."""
        cleaned = super().clean() or {}
        if {"day", "at"} <= cleaned.keys():
            local = datetime.combine(cleaned["day"], cleaned["at"])
            cleaned["until"] = timezone.make_aware(local, timezone.get_default_timezone())
            if cleaned["until"] <= timezone.now():
                raise ValidationError({"day": "This time is over. Choose a later one."})
        return cleaned
