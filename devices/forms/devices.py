"""Forms of devices: their own fields, and the folder they go to."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from devices.forms.words import InOurWords
from devices.models import Device, Folder, User
from devices.models.rights import Right
from devices.services.devices import FIELDS, HOST_NAME


class DeviceForm(InOurWords, forms.ModelForm):  # type: ignore[type-arg]
    """The fields of a device that people keep; the others are read from it."""

    class Meta:
        model = Device
        fields = FIELDS
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "host_name": "As the network knows the PC, for example lab-pc-014.campus.example.",
            "host_addressing": "How the operating system gets its address; AMT has its own.",
        }

    def clean_host_name(self) -> str:
        """Return the name in lower case, without the dot at its end."""
        name = str(self.cleaned_data["host_name"]).lower().removesuffix(".")
        if name and not HOST_NAME.fullmatch(name):
            raise ValidationError(
                "A DNS name has letters, digits and hyphens, with dots between its parts."
            )
        return name


class FolderChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A folder, chosen in the look-up; only those in which the person may edit."""

    default_error_messages = {
        "required": "Choose a folder.",
        "invalid_choice": "Choose a folder in which you may edit devices.",
    }

    def __init__(self, user: User | None = None) -> None:
        folders = Folder.objects.allowed(user, Right.EDIT) if user else Folder.objects.none()
        super().__init__(folders, widget=forms.HiddenInput)


class NewDeviceForm(DeviceForm):
    """A new device and its folder."""

    folder = FolderChoice()
    field_order = ["name", "folder"]

    def __init__(self, *args: object, user: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["folder"] = FolderChoice(user)


class MoveForm(InOurWords, forms.Form):
    """The folder that devices are moved to."""

    folder = FolderChoice()

    def __init__(self, *args: object, user: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["folder"] = FolderChoice(user)


class InFolderForm(InOurWords, forms.Form):
    """The folder that devices go to whose other fields nobody types."""

    folder = FolderChoice()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["folder"] = FolderChoice(user)
