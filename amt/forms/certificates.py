"""Forms of certificates: create, request, import, setup.bin, the change of the zone certificate."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.views.decorators.debug import sensitive_variables

from amt.certificates import files, firmware
from amt.certificates.errors import CertificateError
from amt.certificates.files import Contents
from amt.certificates.making import Mark, Strength
from amt.certificates.names import check_host_name
from amt.forms.settings import LookedUp
from devices.forms.words import InOurWords
from devices.models import Server
from vault.models import Credential

SUFFIXES = ".der,.cer,.crt,.pem,.p7b,.p7c,.p12,.pfx"
STRENGTHS = [(one.value, one.label) for one in Strength]
MARKS = [
    (Mark.BOTH, "OID and OU (both)"),
    (Mark.OID, "OID only (oid)"),
    (Mark.UNIT, "OU only (ou)"),
]


class ServerForm(InOurWords, forms.Form):
    """The server that a certificate is for, and its name."""

    server = forms.ModelChoiceField(
        Server.objects.all(),
        label="Server",
        empty_label=None,
        error_messages={"invalid_choice": "Server: that one is not there any more."},
    )
    common_name = forms.CharField(
        label="Common name",
        max_length=64,
        required=False,
        help_text="Full name of the server; firmware compares its domain with the DNS suffix. "
        "Empty: the server's own host name.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    strength = forms.ChoiceField(
        label="Key and signature", choices=STRENGTHS, widget=forms.RadioSelect, initial="standard"
    )

    def clean_common_name(self) -> str:
        """Name the rule that a common name breaks."""
        name = str(self.cleaned_data["common_name"])
        try:
            return check_host_name(name) if name else ""
        except CertificateError as error:
            raise ValidationError(str(error)) from None


class CreateForm(ServerForm):
    """A management certificate from the zone's own authority (S39)."""

    is_ca = forms.BooleanField(
        label="It may issue the devices' certificates (isCA)",
        required=False,
        initial=True,
        help_text="Without, each device needs a certificate and key of its own: only Use External "
        "Certificate is offered when provisioning.",
    )


class RequestForm(ServerForm):
    """A certificate request for an external authority (S40-S48)."""

    country = forms.CharField(
        label="Country", max_length=2, min_length=2, help_text="Two letters, e.g. DE."
    )
    state = forms.CharField(label="State", max_length=128)
    organization = forms.CharField(label="Organization", max_length=64)
    unit = forms.CharField(label="Organizational unit", max_length=64, required=False)
    is_ca = forms.BooleanField(
        label="Ask for a CA (isCA)",
        required=False,
        initial=True,
        help_text="It then issues the devices' certificates; without, each device needs its own.",
    )
    mark = forms.ChoiceField(
        label="AMT mark (Type)",
        choices=MARKS,
        initial=Mark.BOTH,
        help_text="What firmware looks for. Ask for both where the authority allows it.",
    )
    field_order = ["server", "common_name", "country", "state", "organization", "unit"]


class SeveralFiles(forms.FileField):
    """One or more files; the value is what was found in all of them."""

    widget = forms.FileInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """Return the files, at least one."""
        found = [super(SeveralFiles, self).clean(one, initial) for one in data or []]
        if not found:
            raise ValidationError("Certificate: choose a file.")
        return found


class ManyFilesInput(forms.FileInput):
    """A file field of the browser that takes several."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return the list of files."""
        return files.getlist(name) if files else []


class ImportForm(InOurWords, forms.Form):
    """What an external authority signed, with the certificates above it (S52)."""

    chosen = SeveralFiles(
        label="Certificate",
        allow_empty_file=True,
        widget=ManyFilesInput(attrs={"multiple": True, "accept": SUFFIXES}),
        help_text="DER, PEM, PKCS#7 or PKCS#12. Choose the certificates of the authority with it.",
    )
    passphrase = forms.CharField(
        label="Passphrase",
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Of a PKCS#12 file or an encrypted key.",
    )
    server = forms.ModelChoiceField(
        Server.objects.all(),
        label="Server",
        empty_label=None,
        help_text="For a certificate that comes with its key; else its request knows the server.",
    )
    only_check = forms.BooleanField(label="Check only, import nothing", required=False)

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        """Read the files."""
        cleaned = super().clean() or {}
        contents = Contents()
        for file in cleaned.get("chosen") or []:
            try:
                data = file.read(files.LARGEST + 1)
                contents.add(files.read(data, passphrase=cleaned.get("passphrase") or None))
            except CertificateError as error:
                self.add_error("chosen", f"{file.name}: {error}")
        if contents.key and not contents.certificates:
            self.add_error("chosen", "There is a private key and no certificate. Add one.")
        cleaned["contents"] = contents
        return cleaned


class SetupFileForm(InOurWords, forms.Form):
    """What is to be on a USB stick (S70-S73)."""

    generation = forms.ChoiceField(
        label="Firmware of the devices",
        choices=[(str(at), one.name) for at, one in enumerate(firmware.GENERATIONS)],
        initial="2",
        help_text="Decides the version of the file and which hash it holds.",
    )
    way = forms.ChoiceField(
        label="Set up",
        choices=[
            ("enterprise", "Enterprise Mode: by this zone, with the hash of its root"),
            ("small-business", "Small Business Mode: by hand, ready at once"),
        ],
        widget=forms.RadioSelect,
        initial="enterprise",
    )
    credential = LookedUp(
        Credential.objects.all(),
        label="New MEBx password",
        required=False,
        help_text="Of this credential. Not needed where each device has a password of its own.",
        error_messages={"invalid_choice": "Credential: that one is not in the vault any more."},
    )
    current_password = forms.CharField(
        label="Current MEBx password",
        required=False,
        strip=False,
        max_length=32,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Empty: that of the factory, admin.",
    )
    devices = forms.CharField(
        label="Devices",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="One name per line: a record for each, with its own password and host name, used "
        "up in this order. Empty: one record for any number of PCs.",
    )
    suffix = forms.CharField(
        label="PKI DNS suffix", required=False, max_length=255, help_text="Empty: the server's."
    )
    server_name = forms.CharField(
        label="Provisioning server FQDN",
        required=False,
        max_length=255,
        help_text="Empty: the name in the server's certificate.",
    )
    server = forms.ModelChoiceField(Server.objects.all(), label="Server", empty_label=None)

    def clean(self) -> None:
        """Insist on a password where no device brings its own."""
        super().clean()
        cleaned = self.cleaned_data
        if not cleaned.get("devices") and not cleaned.get("credential"):
            self.add_error("credential", "New MEBx password: choose a credential.")

    @property
    def device_names(self) -> list[str]:
        """Return the names of devices, one per line."""
        lines = map(str.strip, self.cleaned_data["devices"].splitlines())
        return [line for line in lines if line]

    @property
    def credential_text(self) -> str:
        """Return what the look-up field shows of the credential now chosen."""
        value = self["credential"].value()
        try:
            found = Credential.objects.filter(pk=value).first() if value else None
        except (ValidationError, ValueError):
            return ""
        return f"{found.name} ({found.login_name})" if found else ""
