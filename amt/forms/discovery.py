"""The editor of a discovery task, and where discovered devices are added."""

from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS as NON_FIELD
from django.core.exceptions import ValidationError

from amt.models import DiscoveryTask
from devices.forms.schedules import RuleForm
from devices.models import Server
from devices.schedules import Kind

FIELDS = {  # of the form, and what the task calls them: the schedule has ranges of its own
    **{name: name for name in ("name", "excluded", "server", "uses_ports", "uses_names")},
    **{name: name for name in ("rate", "requests_at_once")},
    "addresses": "ranges",
}
KINDS = (Kind.NONE, Kind.DATES, Kind.RECURRING)


class DiscoveryTaskForm(RuleForm):
    """What is scanned, how, and when."""

    name = forms.CharField(
        label="Name", max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    addresses = forms.CharField(
        label="Address ranges",
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="For example 10.1.2.3, 10.1.2.1-10.1.2.99 or 10.1.0.0/16; one or many.",
    )
    excluded = forms.CharField(
        label="Excluded ranges",
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )
    server = forms.ModelChoiceField(
        Server.objects.all(),
        label="Server",
        empty_label=None,
        help_text="It does the asking: it has to reach these addresses.",
        error_messages={"invalid_choice": "Server: that one is not there any more."},
    )
    uses_ports = forms.BooleanField(
        label="Also try ports 16993 and 16992 of addresses that do not answer",
        required=False,
        help_text="AMT 16.1 and newer answer no ping. Silent addresses cost 2 s each.",
    )
    uses_names = forms.BooleanField(
        label="Ask name servers for the names", required=False, initial=True
    )
    rate = forms.IntegerField(
        label="Packets a second",
        min_value=10,
        max_value=20_000,
        initial=1_000,
        help_text="Of presence pings, two to an address.",
    )
    requests_at_once = forms.IntegerField(
        label="Requests at a time",
        min_value=1,
        max_value=500,
        initial=5,
        help_text="To the ports of silent addresses.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, kinds=KINDS, **kwargs)

    def values(self) -> dict[str, Any]:
        """Return what the task itself keeps of a valid form."""
        return {kept: self.cleaned_data[name] for name, kept in FIELDS.items()}

    @staticmethod
    def initial_for(task: DiscoveryTask) -> dict[str, Any]:
        """Return the values of the fields that show ``task``."""
        return {name: getattr(task, kept) for name, kept in FIELDS.items()}

    def refuse(self, error: ValidationError) -> None:
        """Say what a service refused, at the field that it is about."""
        names = {kept: name for name, kept in FIELDS.items()}
        for kept, errors in getattr(error, "error_dict", {NON_FIELD: [error]}).items():
            self.add_error(names.get(kept), errors)
