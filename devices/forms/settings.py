"""The form of one page of settings at one level: a panel per key, locked until it is overridden."""

import json
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.forms.fields import InvalidJSONInput

from devices import levels, origins
from devices.levels import Effective, Key, Page, Place, Rows
from devices.models import Setting
from devices.services.settings import Wish


@dataclass
class Panel:
    """One key as the page shows it."""

    key: Key[Any]
    field: BoundField
    row: Setting | None  # what is set at this very level
    inherited: Effective[Any]
    from_folder: str  # full name of the folder that the inherited value comes from
    is_set: bool  # as the person wants it
    trace: list[levels.Step]
    was_faster: bool = False  # somebody else changed it meanwhile: ask which value counts

    @property
    def is_locked(self) -> bool:
        return not self.is_set

    @property
    def inherited_text(self) -> str:
        return self.key.brief(self.inherited.value)

    @property
    def inherited_json(self) -> str:
        return json.dumps(self.inherited.value)

    @property
    def origin(self) -> Setting | None:
        return self.inherited.origin

    @property
    def version(self) -> int:
        return self.row.version if self.row else 0

    @property
    def was(self) -> str:
        """Return what stands there now, to tell later what the person changed."""
        value = self.row.value if self.row else self.inherited.value
        return json.dumps([self.row is not None, value])

    @property
    def theirs(self) -> str:
        return self.key.brief(self.row.value) if self.row else f"{self.inherited_text}, inherited"

    @property
    def mine(self) -> str:
        if not self.is_set:
            return f"{self.inherited_text}, inherited"
        cleaned = self.field.form.cleaned_data.get(self.key.slug)
        return self.key.brief(cleaned)


class SettingsForm(forms.Form):
    """Values of one page's keys at one place. ``panels`` is what the template draws."""

    def __init__(
        self, page: Page, place: Place, rows: Rows, data: Any = None, *, may_change: bool = True
    ) -> None:
        super().__init__(data)
        self.page, self.place = page, place
        names = origins.folder_names(place)
        for key in page.keys:
            self.fields[key.slug] = field_for(key)
        self.panels = [self._panel(key, rows, names) for key in page.keys]
        for panel in self.panels:
            self._lock(panel, may_change)

    def _panel(self, key: Key[Any], rows: Rows, names: dict[str, str]) -> Panel:
        row = levels.own(key, rows, self.place)
        inherited = levels.inherited(key, rows, self.place)
        origin = inherited.origin
        self.initial[key.slug] = row.value if row else inherited.value
        return Panel(
            key,
            self[key.slug],
            row,
            inherited,
            names.get(origin.folder.path, "") if origin and origin.folder else "",
            self._wants_own(key, row),
            levels.trace(key, rows, self.place, names),
        )

    def _wants_own(self, key: Key[Any], row: Setting | None) -> bool:
        if self.is_bound:
            return self.data.get(f"{key.slug}-set") == "1"
        return row is not None or self.place.level == "zone"  # nothing to inherit from: unlocked

    def _lock(self, panel: Panel, may_change: bool) -> None:
        """Show an inherited value locked; what the browser sends of it does not count."""
        field = self.fields[panel.key.slug]
        if panel.is_locked or not may_change:
            field.widget.attrs["disabled"] = True
        if panel.is_locked:
            field.disabled = True
            self.initial[panel.key.slug] = panel.inherited.value

    def clean(self) -> None:
        """Ask for a choice where somebody else was faster."""
        super().clean()
        for panel in self.panels:
            asked = self.data.get(f"{panel.key.slug}-asked")
            if asked and self.data.get(f"{panel.key.slug}-choice") not in ("mine", "theirs"):
                panel.was_faster = True
                self.add_error(panel.key.slug, "Choose which of the two values counts.")

    def wishes(self) -> list[Wish]:
        """Return what the person changed of what they saw."""
        wishes = [
            Wish(panel.key, panel.is_set, self._value(panel), self._version(panel))
            for panel in self.panels
            if self.data.get(f"{panel.key.slug}-choice") != "theirs"
        ]
        return [wish for wish in wishes if not self._is_as_before(wish)]

    def was_too_late(self, rows: dict[str, Setting | None]) -> None:
        """Show both values where somebody else was faster, and ask which counts."""
        for panel in self.panels:
            if panel.key.name in rows:
                panel.row, panel.was_faster = rows[panel.key.name], True
                self.add_error(None, f"{panel.key.label} was changed meanwhile by somebody else.")

    def _value(self, panel: Panel) -> Any:
        return self.cleaned_data.get(panel.key.slug) if panel.is_set else None

    def _version(self, panel: Panel) -> int:
        text = self.data.get(f"{panel.key.slug}-version", "")
        return int(text) if text.isdecimal() and len(text) < 10 else 0

    def _is_as_before(self, wish: Wish) -> bool:
        try:
            was_set, value = json.loads(self.data.get(f"{wish.key.slug}-was", ""))
        except (ValueError, TypeError, RecursionError):
            return False
        if not was_set and self.place.level == "zone" and wish.is_set:
            return bool(wish.value == value)  # the default, left as it is
        return bool(was_set == wish.is_set and (not wish.is_set or wish.value == value))


class ListField(forms.JSONField):
    """A list that a page keeps as JSON in a hidden field; the key checks what is in it."""

    widget = forms.HiddenInput
    MOST = 200_000  # characters
    default_error_messages = {"invalid": "This list could not be read. Reset and try again."}

    def to_python(self, value: Any) -> Any:
        """Return the list; a text that is too long or too deep is no list."""
        try:
            if len(str(value)) <= self.MOST:
                return super().to_python(value)
        except RecursionError:
            pass
        raise ValidationError(self.error_messages["invalid"])

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return what was sent, for the page that shows it again."""
        try:
            return super().bound_data(data, initial)
        except RecursionError:
            return InvalidJSONInput(data)

    def run_validators(self, value: Any) -> None:
        """Have an empty or missing list checked, too."""
        for validator in self.validators:
            validator(value)


def field_for(key: Key[Any]) -> forms.Field:
    """Return the form field of a key: by the type of its default, with its limits."""
    hint = " ".join(filter(None, [key.help, key.limits, f"Default: {key.told(key.default)}."]))
    field: forms.Field
    if isinstance(key.default, bool):
        field = forms.BooleanField(required=False)
    elif key.choices:
        field = forms.ChoiceField(choices=key.choices)
    elif isinstance(key.default, list):
        field = ListField(required=False)
    elif isinstance(key.default, int):
        field = forms.IntegerField(error_messages={"invalid": f"{key.label} is a whole number."})
        field.widget.attrs |= {"min": key.least, "max": key.most}
    else:
        field = forms.CharField(max_length=1000)
    field.label, field.help_text = key.label, hint
    field.error_messages["required"] = f"{key.label} needs a value. {key.limits}".strip()
    field.widget.attrs["aria-describedby"] = f"id_{key.slug}_helptext"
    if not isinstance(key.default, bool):
        field.validators.append(_checked_by(key))
    return field


def _checked_by(key: Key[Any]) -> Any:
    def check(value: Any) -> None:
        try:
            key.check(value)
        except ValidationError as error:
            raise ValidationError(error.messages) from None

    return check
