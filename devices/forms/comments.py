"""The form at the foot of each page (D27)."""

from django import forms

from devices.forms.words import InOurWords


class CommentForm(InOurWords, forms.Form):
    """What somebody wants to say about a page."""

    page = forms.RegexField(
        r"^/(?!/)",
        max_length=500,
        widget=forms.HiddenInput,
        error_messages={"invalid": "Which page?"},
    )
    text = forms.CharField(
        label="Comment",
        max_length=4000,
        widget=forms.Textarea({"rows": 5}),
        help_text="Administrators of the zone read it, with your name and the page's address.",
    )
