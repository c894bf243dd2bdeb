"""Forms of folders: a name, and where the folder stands."""

from django import forms
from django.core.exceptions import ValidationError

from devices.forms.devices import MoveForm
from devices.forms.words import InOurWords
from devices.models import Folder

__all__ = ["FolderForm", "MoveForm"]


class FolderForm(InOurWords, forms.ModelForm):  # type: ignore[type-arg]
    """A folder's name."""

    class Meta:
        model = Folder
        fields = ("name",)
        help_texts = {"name": "No two folders beside each other have the same name."}

    def clean_name(self) -> str:
        """Return the name, which must not look like a path."""
        name = str(self.cleaned_data["name"])
        if "/" in name:
            raise ValidationError('A name has no "/": that parts the folders of a path.')
        return name
