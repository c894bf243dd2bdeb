"""Forms of accounts: sign in, passwords, one's own preferences, and what administrators fill in."""

from typing import Any, NamedTuple
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.contrib.auth.password_validation import MinimumLengthValidator as Length
from django.contrib.auth.password_validation import get_default_password_validators

from devices.forms.words import InOurWords


class Rule(NamedTuple):
    """A rule of passwords, with the pattern that a browser can check."""

    text: str
    pattern: str


def password_rules() -> list[Rule]:
    """Return the rules of the installation as its people read them."""
    return [
        Rule(
            validator.get_help_text(),
            f"^.{{{validator.min_length},}}$" if isinstance(validator, Length) else "",
        )
        for validator in get_default_password_validators()
    ]


THEMES = [("system", "As the system"), ("light", "Light"), ("dark", "Dark")]


class SignInForm(InOurWords, AuthenticationForm):
    """User name and password. What it says when refused does not tell which was wrong."""

    error_messages = {
        "invalid_login": "User name and password do not fit together. Both are case-sensitive.",
        "inactive": "User name and password do not fit together. Both are case-sensitive.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "User name"


class ChoosePasswordForm(InOurWords, SetPasswordForm):  # type: ignore[type-arg]
    """A new password, twice, for somebody who has none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("new_password1", "new_password2"):
            self.fields[name].help_text = ""  # the page lists the rules once, above


class ChangePasswordForm(ChoosePasswordForm, PasswordChangeForm):
    """The password until now, and a new one twice."""


class PreferencesForm(InOurWords, forms.Form):
    """What a person chose for themselves."""

    time_zone = forms.ChoiceField(
        required=False, help_text="Times on all pages. Schedules name their own."
    )
    theme = forms.ChoiceField(label="Light or dark", choices=THEMES, widget=forms.RadioSelect)
    keys = forms.BooleanField(
        label="Single letters act as keys",
        required=False,
        help_text="Letters act outside fields only; ? lists them. No key switches anything off.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [("", "The zone's"), *((name, name) for name in sorted(available_timezones()))]
        self.fields["time_zone"].choices = names  # type: ignore[attr-defined]
