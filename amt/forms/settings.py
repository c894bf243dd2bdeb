"""The form of SMB settings: how a device's Management Engine is reached."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from amt import addresses
from amt.levels import LEGACY_ALLOWED, PLAIN_ALLOWED
from amt.models import AmtSettings
from devices import levels
from devices.forms.words import InOurWords
from devices.models import Device, Server
from vault.models import Credential, Secret

CHOOSE_INTERFACE = "Interface: choose one of those offered."


class LookedUp(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """What a look-up dialog chose: any text that is no key is refused like a key that is gone."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> Any:
        """Return the object, or refuse with the one sentence of the field."""
        try:
            return super().to_python(value)
        except ValidationError:
            raise ValidationError(self.error_messages["invalid_choice"]) from None


class SmbForm(InOurWords, forms.Form):
    """Address, credential, server, addressing and connection profile of one device."""

    address = forms.CharField(
        label="IP address or FQDN",
        max_length=255,
        help_text="Of the AMT device, not of the operating system.",
        error_messages={"required": "IP address or FQDN: give one of both."},
    )
    credential = LookedUp(
        Credential.objects.all(),
        label="ME credential",
        error_messages={
            "required": "ME credential: choose one from the vault.",
            "invalid_choice": "ME credential: that one is not in the vault any more.",
        },
    )
    server = LookedUp(
        Server.objects.all(),
        label="Server",
        help_text="Talks to this device and sends its orders.",
        error_messages={
            "required": "Server: choose the one that talks to this device.",
            "invalid_choice": "Server: that one is not there any more.",
        },
    )
    host_addressing = forms.ChoiceField(
        label="Host addressing",
        choices=Device.Addressing,
        required=False,
        error_messages={"invalid_choice": "Host addressing is DHCP, static, or not known."},
    )
    addressing = forms.ChoiceField(
        label="AMT addressing",
        choices=Device.Addressing,
        required=False,
        error_messages={"invalid_choice": "AMT addressing is DHCP, static, or not known."},
    )
    tls = forms.ChoiceField(
        label="Connection",
        choices=AmtSettings.Tls,
        error_messages={"invalid_choice": "Connection: choose one of those offered."},
        help_text="Probing takes TLS where the device speaks it, plain HTTP where it is allowed.",
    )

    interface = forms.ChoiceField(
        label="Interface",
        choices=AmtSettings.Interface,
        error_messages={"invalid_choice": CHOOSE_INTERFACE, "required": CHOOSE_INTERFACE},
        help_text="Probing goes by the version that the device names.",
    )

    def __init__(self, device: Device, row: AmtSettings | None, data: Any = None) -> None:
        super().__init__(data, initial=initial(device, row))
        self.device, self.row = device, row
        self.fields["interface"].required = data is None or "interface" in data
        self.is_late = False  # somebody else saved meanwhile: ask whose values count

    def clean_address(self) -> str:
        """Name the rule that an address breaks."""
        return addresses.check(self.cleaned_data["address"], practice=settings.PRACTICE)

    def clean_tls(self) -> str:
        """Refuse a profile that is certain to fail under the policy of this place."""
        tls = str(self.cleaned_data["tls"])
        for profile, key, what in (
            (AmtSettings.Tls.PLAIN, PLAIN_ALLOWED, "plain HTTP"),
            (AmtSettings.Tls.LEGACY, LEGACY_ALLOWED, "TLS 1.0 or 1.1"),
        ):
            allowed = levels.resolve(key, [self.device])[self.device.pk]
            if tls == profile and not allowed.value:
                raise ValidationError(f"Connection: the settings allow no {what} for this device.")
        return tls

    def clean_interface(self) -> str:
        """Leave the interface as it is where the form does not say."""
        kept = self.row.interface if self.row else AmtSettings.Interface.AUTO
        return str(self.cleaned_data["interface"] or kept)

    def clean(self) -> None:
        """Insist on an answer where the page asked whose values count."""
        super().clean()
        if self.data.get("asked") and self.data.get("choice") != "mine":
            self.is_late = True
            self.add_error(None, "Choose whose values count.")

    @property
    def version(self) -> int:
        """Return the version of the row that the person saw."""
        text = self.data.get("version", "") if self.is_bound else ""
        return int(text) if text.isdecimal() and len(text) < 10 else 0

    @property
    def shown_version(self) -> int:
        """Return the version that the next save is made over."""
        return self.row.version if self.row else 0

    def was_too_late(self, row: AmtSettings | None) -> None:
        """Keep what the person wanted, and ask whose values count."""
        self.row, self.is_late = row, True
        self.add_error(None, "The setting was changed meanwhile by somebody else.")

    @property
    def credential_text(self) -> str:
        """Return what the look-up field shows of the credential now chosen."""
        chosen = self._chosen("credential")
        return f"{chosen.name} ({chosen.login_name})" if isinstance(chosen, Credential) else ""

    @property
    def server_text(self) -> str:
        """Return what the look-up field shows of the server now chosen."""
        chosen = self._chosen("server")
        if not isinstance(chosen, Server):
            return ""
        return f"{chosen.name}, {'online' if chosen.is_online else 'silent'}"

    def _chosen(self, name: str) -> Credential | Server | None:
        """Return the object whose key the field holds, if there is one."""
        value: Any = self[name].value() or None
        try:
            if name == "credential":
                return Credential.objects.filter(pk=value).first()
            return Server.objects.filter(pk=value).first()
        except (ValidationError, ValueError):
            return None


def initial(device: Device, row: AmtSettings | None) -> dict[str, Any]:
    """Return the values that the form begins with."""
    first: dict[str, Any] = {
        "host_addressing": device.host_addressing,
        "tls": "auto",
        "interface": "auto",
    }
    if row:
        names = ("address", "addressing", "tls", "interface")
        first |= {name: getattr(row, name) for name in names}
        first |= {"credential": row.credential_id, "server": row.server_id}
    return first


class CredentialTestForm(InOurWords, forms.Form):
    """Which password is shown to the selected devices."""

    intent = forms.UUIDField(widget=forms.HiddenInput)
    credential = LookedUp(
        Credential.objects.all(),
        label="Credential",
        required=False,
        help_text="None: to each device the one it is used with.",
        error_messages={
            "invalid_choice": "Credential: that one is not in the vault any more.",
        },
    )
    candidate = forms.BooleanField(
        label="Its newest candidate instead of the password in use",
        required=False,
    )
    once_more = forms.BooleanField(
        label="Also where sign-in is stopped, one attempt each",
        required=False,
        help_text="Some firmware locks the account after more wrong passwords.",
    )

    def __init__(self, *args: Any, secret: Secret | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.chosen = secret  # what the page has chosen already, else what the fields say
        self.is_open = secret is None

    def clean(self) -> dict[str, Any]:
        """Find the password of the credential that was chosen."""
        cleaned = super().clean() or {}
        credential = cleaned.get("credential")
        if self.is_open and credential:
            state = Secret.State.CANDIDATE if cleaned["candidate"] else Secret.State.ACTIVE
            kept = credential.secrets.filter(state=state, amt_uuid=None).defer("sealed")
            self.chosen = kept.select_related("credential").order_by("-created_at").first()
            if self.chosen is None:
                self.add_error("credential", f"{credential} has no {state.label.lower()} password.")
        return cleaned
