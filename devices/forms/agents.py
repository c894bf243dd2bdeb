"""The form of a token: where its PCs go, for how many it is, and how long."""

from datetime import timedelta
from typing import Any

from django import forms

from devices.forms.devices import InFolderForm
from devices.services.agent_tokens import MOST_DAYS, MOST_PCS


class TokenForm(InFolderForm):
    """A token for PCs of a folder; one PC and one day unless somebody says otherwise."""

    uses = forms.IntegerField(
        label="For how many PCs",
        initial=1,
        min_value=1,
        max_value=MOST_PCS,
        help_text=f"Each PC uses it once; {MOST_PCS:,} at most.",
    )
    days = forms.IntegerField(
        label="Valid for days",
        initial=1,
        min_value=1,
        max_value=MOST_DAYS,
        help_text=f"{MOST_DAYS} at most. It can be withdrawn before.",
    )

    @property
    def told(self) -> dict[str, Any]:
        """Return what was chosen."""
        values = self.cleaned_data
        days = timedelta(days=values["days"])
        return {"folder": values["folder"], "uses": values["uses"], "valid_for": days}
