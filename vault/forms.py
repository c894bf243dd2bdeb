"""Forms of the vault. A password is read here once and never put back into a page."""

from typing import Any

from django import forms
from django.views.decorators.debug import sensitive_variables

from devices.forms.words import InOurWords
from vault import passwords
from vault.models import Credential
from vault.services import tidy_folder

FIELDS = ["name", "login_name", "folder", "description"]


class CredentialForm(InOurWords, forms.ModelForm):  # type: ignore[type-arg]
    """All of a credential but its password."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Credential
        fields = FIELDS
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
            "login_name": forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
            "folder": forms.TextInput(attrs={"autocomplete": "off", "list": "vault-folders"}),
            "description": forms.Textarea(attrs={"rows": 2}),
        }
        help_texts = {
            "login_name": "The ME account that MEBx sets up is called admin. "
            "Another name is for an account that you added to the device.",
            "folder": "For order and search, e.g. Labs/North.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login_name"].initial = "admin"
        self.initial["seen"] = self._version()

    def clean_folder(self) -> str:
        """Return the folder as it is kept."""
        return tidy_folder(self.cleaned_data["folder"])

    def clean(self) -> dict[str, Any]:
        """Refuse to write over what somebody else saved meanwhile, until it was shown once."""
        cleaned = super().clean() or {}
        seen = cleaned.pop("seen", "")
        if not self.instance._state.adding and seen != self._version():
            given: Any = self.data
            self.data = {**given.dict(), self.add_prefix("seen"): self._version()}
            for sentence in self._changes_of_others(cleaned):
                self.add_error(None, sentence)
        return cleaned

    def _version(self) -> str:
        if self.instance._state.adding:
            return ""
        if not hasattr(self, "_stored"):
            self._stored = Credential.objects.get(pk=self.instance.pk)
        return self._stored.changed_at.isoformat()

    def _changes_of_others(self, cleaned: dict[str, Any]) -> list[str]:
        """Return a sentence per field that would be overwritten, with both values."""
        told = ["Somebody else saved this credential while you edited it. OK saves your values."]
        for name in FIELDS:
            theirs, mine = getattr(self._stored, name), cleaned.get(name, "")
            if name in cleaned and theirs != mine:
                told.append(f"{self.fields[name].label}: saved “{theirs}”, yours “{mine}”.")
        return told


class PasswordForm(InOurWords, forms.Form):
    """A password, twice."""

    password = forms.CharField(
        strip=False,
        widget=forms.PasswordInput(
            attrs={"autocomplete": "new-password", "data-rules-of": "password-rules"}
        ),
        error_messages={"required": "A password is needed."},
        help_text="The same as in MEBx.",
    )
    password_again = forms.CharField(
        label="Re-enter password",
        strip=False,
        widget=forms.PasswordInput(
            attrs={"autocomplete": "new-password", "data-equals": "password"}
        ),
        error_messages={"required": "Enter the password a second time."},
    )

    rules = passwords.RULES

    @sensitive_variables()
    def clean_password(self) -> str:
        """Check the rules of the Management Engine."""
        password: str = self.cleaned_data["password"]
        passwords.check(password)
        return password

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        """Check that both are equal."""
        cleaned = super().clean() or {}
        again = cleaned.pop("password_again", None)
        first = self.data.get(self.add_prefix("password"))
        if again is not None and again != first:
            self.add_error("password_again", "Both passwords must be equal.")
        return cleaned


class ChangePasswordForm(PasswordForm):
    """Another password: in use at once, or kept until it is proven."""

    keep_only = forms.BooleanField(
        label="Keep it as a candidate, to test it first",
        required=False,
        help_text="Test it on devices from the credential's page, then choose Use it.",
    )


class NewCredentialForm(PasswordForm, CredentialForm):
    """A new credential with its password."""

    field_order = ["name", "login_name", "password", "password_again", "folder", "description"]
