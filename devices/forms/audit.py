"""The filter of the audit."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from devices.forms.words import InOurWords
from devices.models import AuditEntry, User
from devices.models.audit import AuditEntryQuerySet, worded

CONSOLE = "console"


class AuditFilter(InOurWords, forms.Form):
    """Who, what, on what, when, and words. An empty field keeps everything."""

    person = forms.ChoiceField(required=False)
    verb = forms.ChoiceField(label="Act", required=False)
    target = forms.CharField(label="Object", required=False, max_length=255)
    since = forms.DateField(label="From", required=False)
    until = forms.DateField(label="To", required=False)
    q = forms.CharField(label="Words", required=False, max_length=200)
    type = forms.SlugField(required=False, widget=forms.HiddenInput)
    id = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [(str(pk), name) for pk, name in User.objects.values_list("pk", "username")]
        self._choose("person", [("", "Everybody"), (CONSOLE, "the console"), *people])
        verbs = AuditEntry.objects.order_by("verb").values_list("verb", flat=True).distinct()
        self._choose("verb", [("", "All acts"), *((verb, worded(verb)) for verb in verbs)])
        for name in ("since", "until"):
            self.fields[name].widget.input_type = "date"

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse an end before the beginning."""
        values = super().clean() or {}
        since, until = values.get("since"), values.get("until")
        if since and until and until < since:
            self.add_error("until", f"The end ({until}) lies before the beginning ({since}).")
        return values

    def entries(self) -> AuditEntryQuerySet:
        """Return the lines that fit; none while the filter cannot be read."""
        found: AuditEntryQuerySet = AuditEntry.objects.all()
        if not self.is_valid():
            return found.none()
        values = self.cleaned_data
        if person := values["person"]:
            found = found.filter(user=None) if person == CONSOLE else found.filter(user=person)
        if values["verb"]:
            found = found.filter(verb=values["verb"])
        if values["target"]:
            found = found.filter(target_name__icontains=values["target"])
        if values["type"] and values["id"]:
            found = found.about(values["type"], values["id"])
        found = found.between(midnight(values["since"]), midnight(values["until"], days=1))
        return found.search(values["q"]) if values["q"] else found


def midnight(day: date | None, days: int = 0) -> datetime | None:
    """Return the beginning of the day that comes ``days`` after ``day``, in the person's zone."""
    if day is None:
        return None
    try:
        return timezone.make_aware(datetime.combine(day + timedelta(days=days), time()))
    except OverflowError:
        return None
