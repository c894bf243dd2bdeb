"""Forms of servers: the name, and the device that one runs on."""

from django import forms

from devices.forms.words import InOurWords
from devices.models import Device, Server, User


class ServerForm(InOurWords, forms.ModelForm):  # type: ignore[type-arg]
    """A server's name; its queue comes from its worker and stays."""

    class Meta:
        model = Server
        fields = ("name",)
        error_messages = {"name": {"unique": "Another server has that name."}}


class RunsOnForm(InOurWords, forms.Form):
    """The device that a server runs on; none is an answer too."""

    device = forms.ModelChoiceField(Device.objects.none(), required=False)

    def __init__(self, *args: object, user: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["device"] = forms.ModelChoiceField(
            Device.objects.visible_to(user),
            required=False,
            error_messages={"invalid_choice": "Choose a device that is there."},
        )
