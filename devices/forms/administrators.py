"""Forms of the Administrators pages: who somebody is, and which role they hold where."""

from typing import Any

from django import forms

from devices.forms.words import InOurWords
from devices.models import Assignment, Folder, User
from devices.models.rights import POWER_RIGHTS, Right, Role

GIVEN = [*POWER_RIGHTS, Right.SEND_ANYWAY]  # what can be chosen for a Power Operator


class PersonForm(InOurWords, forms.ModelForm):  # type: ignore[type-arg]
    """Names of an account."""

    class Meta:
        model = User
        fields = ["username", "first_name", "last_name", "email"]
        labels = {"username": "User name", "email": "E-mail"}
        help_texts = {"username": "Up to 150 letters, digits and the characters @ . + - _"}
        error_messages = {"username": {"unique": "Somebody already has this user name."}}

    def clean_username(self) -> str:
        """Refuse a name that differs from another one in capital letters only."""
        name = str(self.cleaned_data["username"])
        others = User.objects.exclude(pk=self.instance.pk)
        if others.filter(username__iexact=name).exists():
            raise forms.ValidationError("Somebody already has this user name.")
        return name


class FolderField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A folder, shown with the folders it lies in."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Folder.objects.all(), empty_label=None, **kwargs)
        self.names: dict[str, str] = {}

    def label_from_instance(self, obj: Any) -> str:
        """Return "Zone / Workstations / Lab-2"; parents come before their children."""
        self.names[obj.path] = obj.name
        return " / ".join(self.names.get(path, "...") for path in obj.ancestor_paths)


class RoleForm(InOurWords, forms.Form):
    """A role, and for a Power Operator the verbs."""

    role = forms.ChoiceField(choices=Role, initial=Role.POWER_OPERATOR, widget=forms.RadioSelect)
    rights = forms.MultipleChoiceField(
        label="A Power Operator may",
        choices=[(right.value, right.label) for right in GIVEN],
        initial=[right.value for right in POWER_RIGHTS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="A verb that is not ticked is denied in this folder and below, even where "
        "another role gives it. Send anyway: orders to devices whose state cannot be read.",
    )

    def clean_role(self) -> Role:
        return Role(self.cleaned_data["role"])

    def clean_rights(self) -> set[Right]:
        return {Right(value) for value in self.cleaned_data["rights"]}

    @staticmethod
    def initial_of(row: Assignment) -> dict[str, Any]:
        """Return what the form shows of a role that is held."""
        is_operator = row.role == Role.POWER_OPERATOR
        given = row.rights if is_operator else {right.value for right in POWER_RIGHTS}
        return {"role": row.role, "rights": [right.value for right in GIVEN if right in given]}


class RoleInFolderForm(RoleForm):
    """A role in a folder that is chosen too."""

    folder = FolderField(help_text="The role counts in this folder and in all below it.")
    field_order = ["folder", "role", "rights"]


class AddPersonForm(PersonForm, RoleInFolderForm):
    """A new account with its first role."""

    field_order = ["username", "first_name", "last_name", "email", "folder", "role", "rights"]
