"""The form of an import: a file, or the text of one that was checked before."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from devices.forms.words import InOurWords
from devices.services.csv_file import MOST_BYTES, decode, too_large


class CsvForm(InOurWords, forms.Form):
    """A CSV file and what to do with folders that are missing."""

    file = forms.FileField(
        label="CSV file",
        allow_empty_file=True,  # told by our own sentence
        help_text=f"UTF-8, at most {MOST_BYTES / 1e6:.0f} MB. The first line names the columns.",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )
    text = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
    create_folders = forms.BooleanField(label="Make missing folders", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["file"]
        field.required = not self.data.get("text")
        field.error_messages["required"] = "CSV file: choose one that is not empty."

    def clean_file(self) -> str:
        """Return the file's text."""
        file = self.cleaned_data["file"]
        if not file:
            return ""
        if file.size > MOST_BYTES:
            raise ValidationError(too_large(file.size))
        return decode(file.read())

    def clean(self) -> None:
        """Keep the text wherever it came from; one of both is needed."""
        super().clean()
        text = self.cleaned_data.get("file") or self.cleaned_data.get("text", "")
        self.cleaned_data["text"] = text
        if not text and "file" not in self.errors:
            self.add_error("file", "CSV file: choose one that is not empty.")
