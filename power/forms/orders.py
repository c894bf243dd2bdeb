"""The dialog Intel AMT Power Management: text into an order."""

from typing import Any

from django import forms

from power.models import Boot, PowerAction, power_actions
from power.services.preview import Preview


class PowerForm(forms.Form):
    """Choose a power action for the devices frozen under an intent."""

    intent = forms.UUIDField(widget=forms.HiddenInput)
    action = forms.ChoiceField(
        choices=power_actions,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose the new power state."},
    )
    boot = forms.ChoiceField(
        label="Boot once from",
        choices=lambda: [("", "Wherever it boots by itself"), *Boot.choices],
        required=False,
        error_messages={"invalid_choice": "Boot once from: choose one of those offered."},
    )
    typed = forms.CharField(label="Number of devices", required=False)
    leave_out = forms.BooleanField(required=False)
    send_anyway = forms.BooleanField(required=False)

    def __init__(self, *args: Any, previews: list[Preview], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.previews = {preview.action: preview for preview in previews}

    def clean_action(self) -> PowerAction:
        """Return the action itself."""
        return PowerAction(self.cleaned_data["action"])

    def clean_boot(self) -> Boot | None:
        """Return where the next boot is to go, None for wherever it goes by itself."""
        return Boot(self.cleaned_data["boot"]) if self.cleaned_data["boot"] else None

    def clean(self) -> None:
        """Refuse an order that reaches nobody, and a number that was not typed (D23)."""
        super().clean()
        if not (action := self.cleaned_data.get("action")):
            return
        if self.cleaned_data.get("boot") and not action.boots:
            self.add_error("boot", f"Boot once from: {action.label} boots nothing.")
        preview, wanted = self.previews[action], len(self.previews[action].ordered)
        if not preview.reaches_somebody:
            self.add_error(None, f"You may not order {action.label} of any of these devices.")
        if preview.must_type and self.cleaned_data["typed"].strip() != str(wanted):
            self.add_error("typed", f"Number of devices: type {wanted} to go on.")
