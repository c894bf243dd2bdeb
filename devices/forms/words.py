"""What a form says of a value it refuses: the field by its name, then the rule."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

Params = Mapping[str, Any]

SENTENCES: Mapping[str, str] = {  # Django's, and ours
    "This field is required.": "{label} is needed.",
    "Enter a valid date.": "{label}: it takes a date, like 2026-11-23.",
    "Enter a valid time.": "{label}: it takes a time of day, like 18:00.",
    "Enter a valid email address.": "{label}: it takes an address like name@example.org.",
    "Enter a whole number.": "{label}: it takes a whole number.",
    "Enter a number.": "{label}: it takes a number.",
    "Enter a valid value.": "{label}: this is none of the values it takes.",
    "Null characters are not allowed.": "{label}: no null characters.",
    "The two password fields didn’t match.": "{label}: both passwords must be equal.",
    "Select a valid choice. %(value)s is not one of the available choices.": (
        '{label}: "{value}" is none of its choices.'
    ),
    "Select a valid choice. That choice is not one of the available choices.": (
        "{label}: this is none of its choices."
    ),
    "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_"
    " characters.": "{label}: letters, digits and the characters @ . + - _ only.",
    "Your old password was entered incorrectly. Please enter it again.": (
        "{label}: this is not the password until now."
    ),
}
BY_CODE: Mapping[str, str] = {  # of validators, whose own sentences count in two plurals
    "max_length": "{label} has {show_value:,} characters; {limit_value:,} at most.",
    "min_length": "{label} has {show_value:,} characters; {limit_value:,} at least.",
    "max_value": "{label}: {limit_value:,} at most.",
    "min_value": "{label}: {limit_value:,} at least.",
}


class InOurWords(forms.BaseForm):
    """Part of every form: replace Django's own sentences, which do not name the field."""

    def add_error(self, field: str | None, error: Any) -> None:
        """Keep an error in our words."""
        if not isinstance(error, ValidationError):
            error = ValidationError(error)
        found = getattr(error, "error_dict", {field or NON_FIELD_ERRORS: error})
        for name, errors in found.items():
            for one in getattr(errors, "error_list", errors):
                self._word(one, name)
        super().add_error(field, error)

    def _word(self, error: ValidationError, name: str) -> None:
        params: Params = error.params or {}
        sentence = SENTENCES.get(str(error.message)) if "limit_value" not in params else None
        if not sentence and "limit_value" in params:
            sentence = BY_CODE.get(error.code or "")
        if sentence:
            label = str(self[name].label) if name in self.fields else "This"
            error.message, error.params = sentence.format(**{**params, "label": label}), None
