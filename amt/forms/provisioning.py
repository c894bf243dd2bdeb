"""The dialogs Provisioning Details and Unprovision (S80-S89, S98-S100)."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.views.decorators.debug import sensitive_variables

from amt.certificates import files
from amt.certificates.errors import CertificateError
from amt.certificates.files import Contents
from amt.forms.settings import LookedUp
from amt.services.provisioning import External, read_external
from devices.forms.devices import FolderChoice
from devices.forms.words import InOurWords
from devices.models import User
from vault.models import Credential

KEYS, CERTIFICATES = ".key,.pem,.der,.p12,.pfx", ".crt,.cer,.pem,.der,.p7b,.p7c"
GONE = "ME credential: that one is not in the vault any more."


class ChosenCredential(InOurWords, forms.Form):
    """A form with a credential out of the vault."""

    intent = forms.UUIDField(widget=forms.HiddenInput)
    credential: forms.Field

    @property
    def credential_text(self) -> str:
        """Return what the look-up field shows of the credential now chosen."""
        value: Any = self["credential"].value() or None
        try:
            chosen = Credential.objects.filter(pk=value).first()
        except (ValidationError, ValueError):
            return ""
        return f"{chosen.name} ({chosen.login_name})" if chosen else ""


class ProvisionForm(ChosenCredential):
    """What discovered devices are provisioned with."""

    credential = LookedUp(
        Credential.objects.all(),
        label="ME credential",
        help_text="What MEBx has, or gets where it still has the factory's password.",
        error_messages={
            "required": "ME credential: choose one from the vault.",
            "invalid_choice": GONE,
        },
    )
    own_passwords = forms.BooleanField(
        label="Give each device a random password of its own",
        required=False,
        initial=True,
        help_text="Kept in the vault under the device's UUID before it is sent. Otherwise each "
        "gets the password of the credential.",
    )
    use_external = forms.BooleanField(
        label="Use External Certificate to Provision the device", required=False
    )
    key_file = forms.FileField(
        label="Private key file",
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": KEYS}),
    )
    certificate_file = forms.FileField(
        label="Certificate file",
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": CERTIFICATES}),
    )
    passphrase = forms.CharField(
        label="Passphrase",
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Of an encrypted key.",
    )

    def __init__(self, *args: Any, user: User, count: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.count = count
        self.fields["folder"] = FolderChoice(user)
        self.fields["folder"].label = "Folder"
        self.fields["folder"].help_text = "For those that are not among the managed devices yet."

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        """Read the two files, if an external certificate is to be used."""
        cleaned = super().clean() or {}
        cleaned["external"] = None
        if not cleaned.get("use_external"):
            return cleaned
        if self.count != 1:
            self.add_error("use_external", "An external certificate is for one device at a time.")
            return cleaned
        contents = Contents()
        for name in ("key_file", "certificate_file"):
            contents.add(self._contents(name, cleaned))
        if not self.errors:
            cleaned["external"] = self._pair(contents)
        return cleaned

    def _contents(self, name: str, cleaned: dict[str, Any]) -> Contents:
        if not (file := cleaned.get(name)):
            self.add_error(name, f"{self.fields[name].label}: choose one.")
            return Contents()
        try:
            data = file.read(files.LARGEST + 1)
            return files.read(data, passphrase=cleaned.get("passphrase") or None)
        except CertificateError as error:
            self.add_error(name, f"{file.name}: {error}")
            return Contents()

    def _pair(self, contents: Contents) -> External | None:
        try:
            return read_external(contents)
        except CertificateError as error:
            self.add_error("certificate_file", str(error))
            return None


class UnprovisionForm(ChosenCredential):
    """How devices are taken out of service."""

    credential = LookedUp(
        Credential.objects.all(),
        label="ME credential",
        required=False,
        help_text="None: each device with the password that the vault has for it.",
        error_messages={"invalid_choice": GONE},
    )
    extent = forms.ChoiceField(
        label="Unprovision",
        choices=[
            ("full", "In full: the device forgets everything but MEBx's password"),
            ("partial", "In part: it keeps hashes, DNS suffix and server, and says hello again"),
        ],
        widget=forms.RadioSelect,
        initial="full",
        error_messages={"required": "Unprovision: choose in full or in part."},
    )
    deletes_failed = forms.BooleanField(
        label="Delete the device if unprovisioning fails",
        required=False,
        help_text="What is known of it is kept in the register of orphaned devices.",
    )
