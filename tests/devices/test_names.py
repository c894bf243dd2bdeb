"""Names of devices and folders consist of characters that people can see."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from devices import names
from devices.models import Device, Folder
from devices.services import folders
from tests import factories

HIDDEN = ["PC\n1", "PC\t1", "PC\u202e1", "PC\u200b", "\u2028x", "PC\ue000", "PC\u200d", "PC\u0378"]


@pytest.fixture
def admin(client):
    user = factories.person()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user


@pytest.mark.parametrize("name", HIDDEN)
def test_characters_that_nobody_sees_are_refused_by_their_code(name):
    with pytest.raises(ValidationError, match=r"invisible characters; it has U\+[0-9A-F]{4}"):
        names.check(name)


@pytest.mark.parametrize("name", [" ", "\u00a0\u3000", "\u3164", "\u0301"])
def test_a_name_of_blanks_alone_is_refused(name):
    with pytest.raises(ValidationError, match="a character that can be seen"):
        names.check(name)


@pytest.mark.parametrize(
    "name", ["PC 1", "Büro-ß", "研究室", "⚡ lab", "👩‍💻 desk", "🏳️‍🌈", "م", "=PC", "e\u0301"]
)
def test_letters_of_all_writings_and_emoji_are_fine(name):
    assert not names.why_not(name)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["PC\u202e1", "PC\n1", "\u3164"])
def test_forms_of_devices_and_folders_refuse_such_names(client, admin, name):
    device, folder = factories.device("PC-1"), factories.folder("Lab")
    for address in (
        reverse("devices:device_new"),
        reverse("devices:device_edit", args=[device.pk]),
        reverse("devices:folder_new", args=[folder.pk]),
        reverse("devices:folder_rename", args=[folder.pk]),
    ):
        answer = client.post(address, {"name": name, "folder": folder.pk})
        assert answer.status_code == 422, address
        assert "seen" in answer.content.decode() or "invisible" in answer.content.decode()
    assert set(Device.objects.values_list("name", flat=True)) == {"PC-1"}
    assert Folder.objects.filter(name=name).count() == 0


@pytest.mark.django_db
def test_the_services_refuse_such_names_too(admin):
    with pytest.raises(ValidationError, match="U\\+200B"):
        folders.create_folder(name="Lab\u200b", parent=factories.folder("North"), asked_by=admin)


@pytest.mark.django_db
def test_a_description_may_have_lines_and_tabs(client, admin):
    device = factories.device("PC-1")
    fields = {"name": "PC-1", "description": "one\ntwo\tthree"}
    client.post(reverse("devices:device_edit", args=[device.pk]), fields)
    device.refresh_from_db()
    assert device.description.replace("\r", "") == "one\ntwo\tthree"
