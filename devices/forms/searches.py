"""The form of a saved search: its name, and whether others may use it."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from devices import names
from devices.forms.words import InOurWords
from devices.models import SavedSearch, User
from devices.services.searches import may_share


class SearchForm(InOurWords, forms.ModelForm):  # type: ignore[type-arg]
    """A saved search; only who may configure the zone is asked about sharing."""

    class Meta:
        model = SavedSearch
        fields = ("name", "is_shared")
        help_texts = {"is_shared": "Each person finds only devices that they may see anyway."}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["name"].widget.attrs["maxlength"]  # a browser would cut what is pasted
        if not may_share(user):
            del self.fields["is_shared"]

    def clean_name(self) -> str:
        """Return the name, which people must be able to see."""
        name = str(self.cleaned_data["name"])
        if why := names.why_not(name):
            raise ValidationError(why)
        return name

    @property
    def told(self) -> dict[str, Any]:
        """Return what was chosen."""
        shared = bool(self.cleaned_data.get("is_shared", False))
        return {"name": self.cleaned_data["name"], "is_shared": shared}
