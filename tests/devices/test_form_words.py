"""Forms name the field and the rule in our words, never in Django's."""

import pytest

from devices.forms.audit import AuditFilter
from devices.forms.comments import CommentForm
from devices.forms.devices import DeviceForm
from devices.forms.folders import FolderForm
from devices.forms.people import ChoosePasswordForm, SignInForm
from tests import factories
from vault.forms import NewCredentialForm

pytestmark = pytest.mark.django_db
DJANGOS = ("This field", "Ensure this", "Enter a valid", "Select a valid", "didn’t match")


@pytest.mark.parametrize(
    ("form", "data", "field", "sentence"),
    [
        (DeviceForm, {"name": ""}, "name", "Name is needed."),
        (FolderForm, {"name": "x" * 101}, "name", "Name has 101 characters; 100 at most."),
        (
            DeviceForm,
            {"name": "A", "host_addressing": "bootp"},
            "host_addressing",
            'Host addressing: "bootp" is none of its choices.',
        ),
        (CommentForm, {"page": "/", "text": "x" * 4001}, "text", "Comment has 4,001 characters; "),
        (AuditFilter, {"since": "x"}, "since", "From: it takes a date, like 2026-11-23."),
        (SignInForm, {"password": "x"}, "username", "User name is needed."),
        (NewCredentialForm, {"password": "x"}, "name", "Credential name is needed."),
    ],
)
def test_a_refused_value_is_told_with_its_field_and_its_rule(form, data, field, sentence):
    said = form(data=data).errors[field][0]
    assert said.startswith(sentence)
    assert not said.startswith(DJANGOS)


def test_two_passwords_that_differ_are_told():
    data = {"new_password1": "one long pass phrase", "new_password2": "another one of these"}
    form = ChoosePasswordForm(factories.person(), data=data)
    assert form.errors["new_password2"] == [
        "New password confirmation: both passwords must be equal."
    ]


def test_an_empty_field_with_a_sentence_of_its_own_keeps_it():
    assert NewCredentialForm(data={}).errors["password"] == ["A password is needed."]
