"""Folders: new, rename, move, delete, and the tree of them."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.urls import reverse

from devices.models import AuditEntry, Device, Folder
from devices.models.rights import Role
from devices.services import folders as services
from devices.services.tree import MOST_BESIDE, Tree
from tests import factories

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def admin():
    return factories.person()


@pytest.fixture
def lab() -> Folder:
    return factories.folder("Lab")


def workstations() -> Folder:
    return Folder.objects.get(name="Workstations")


def again(folder: Folder) -> Folder:
    return Folder.objects.get(pk=folder.pk)


def children(folder: Folder) -> list[str]:
    return [child.name for child in Folder.objects.get_children(again(folder))]


def nodes(tree, depth=0):
    for node in tree:
        yield depth, node.folder.name, node.devices
        yield from nodes(node.children, depth + 1)


# Changes


def test_folders_stand_in_the_order_of_their_names_also_after_a_rename(admin):
    for name in ("Beta", "Alpha", "Gamma"):
        services.create_folder(name=name, parent=workstations(), asked_by=admin)
    assert children(workstations()) == ["Alpha", "Beta", "Gamma"]
    alpha = Folder.objects.get(name="Alpha")
    services.rename_folder(folder=alpha, name="Zeta", asked_by=admin)
    assert children(workstations()) == ["Beta", "Gamma", "Zeta"]
    entry = AuditEntry.objects.get(verb="folder.rename")
    assert (entry.old, entry.new) == ({"name": "Alpha"}, {"name": "Zeta"})


def test_two_folders_beside_each_other_cannot_have_one_name(admin, lab):
    other = factories.folder("Other")
    with pytest.raises(ValidationError, match="already has a folder named lab"):
        services.create_folder(name="lab", parent=workstations(), asked_by=admin)
    with pytest.raises(ValidationError):
        services.rename_folder(folder=other, name="LAB", asked_by=admin)
    below = factories.folder("Lab", again(other))
    with pytest.raises(ValidationError):
        services.move_folder(folder=below, parent=workstations(), asked_by=admin)
    services.rename_folder(folder=lab, name="LAB", asked_by=admin)  # its own name in other letters


@pytest.mark.parametrize("name", ["Servers", "Workstations"])
def test_fixed_folders_stay_as_they_are(admin, lab, name):
    fixed = Folder.objects.get(name=name)
    with pytest.raises(ValidationError, match="fixed folder"):
        services.rename_folder(folder=fixed, name="x", asked_by=admin)
    with pytest.raises(ValidationError, match="fixed folder"):
        services.move_folder(folder=fixed, parent=lab, asked_by=admin)
    with pytest.raises(ValidationError, match="fixed folder"):
        services.delete_folder(folder=fixed, asked_by=admin)


def test_a_branch_moves_with_its_devices_and_the_rights_of_the_new_place_count(admin, lab):
    north = factories.folder("North", again(lab))
    device = factories.device("PC", north)
    target = factories.folder("Target")
    of_lab = factories.person(Role.MONITOR, lab)
    of_target = factories.person(Role.MONITOR, target)

    services.move_folder(folder=north, parent=target, asked_by=admin)

    assert not Device.objects.visible_to(of_lab).filter(pk=device.pk).exists()
    assert Device.objects.visible_to(of_target).get() == device
    assert children(target) == ["North"]
    assert again(lab).numchild == 0


def test_a_folder_cannot_be_moved_into_itself(admin, lab):
    north = factories.folder("North", again(lab))
    for target in (lab, north):
        with pytest.raises(ValidationError, match="into itself"):
            services.move_folder(folder=lab, parent=target, asked_by=admin)


def test_a_move_needs_the_right_in_the_old_and_the_new_place(lab):
    north, target = factories.folder("North", again(lab)), factories.folder("Target")
    only_old = factories.person(Role.ADMINISTRATOR, lab)
    only_new = factories.person(Role.ADMINISTRATOR, target)
    for user in (only_old, only_new):
        with pytest.raises(PermissionDenied):
            services.move_folder(folder=north, parent=target, asked_by=user)
    both = factories.person(Role.ADMINISTRATOR, lab, target)
    services.move_folder(folder=north, parent=target, asked_by=both)


def test_the_tree_has_an_end(admin, monkeypatch):
    monkeypatch.setattr(services, "DEEPEST", 4)
    deep = factories.folder("3")
    services.create_folder(name="4", parent=deep, asked_by=admin)
    with pytest.raises(ValidationError, match="4 levels deep; this would be 5"):
        services.create_folder(name="5", parent=Folder.objects.get(name="4"), asked_by=admin)
    other = factories.folder("Other")
    with pytest.raises(ValidationError, match="this would be 5"):
        services.move_folder(folder=deep, parent=other, asked_by=admin)


def test_only_an_empty_folder_can_be_deleted_and_the_refusal_says_what_is_in_it(client, admin, lab):
    client.force_login(admin, backend=BACKEND)
    factories.folder("North", again(lab))
    factories.device("A", lab), factories.device("B", lab)
    factories.person(Role.MONITOR, lab)
    answer = client.post(reverse("devices:folder_delete", args=[lab.pk]), **HTMX)
    assert answer.status_code == 422
    said = "it holds 1 folder and 2 devices and 1 role of an administrator"
    assert said in answer.content.decode()
    assert Folder.objects.filter(pk=lab.pk).exists()


def test_an_empty_folder_goes_and_its_parent_is_opened(client, admin, lab):
    client.force_login(admin, backend=BACKEND)
    answer = client.post(reverse("devices:folder_delete", args=[lab.pk]), **HTMX)
    assert answer["HX-Redirect"] == workstations().get_absolute_url()
    assert not Folder.objects.filter(pk=lab.pk).exists()
    assert AuditEntry.objects.get(verb="folder.delete").target_name == "Lab"


# Pages


def test_a_new_folder_is_opened(client, admin, lab):
    client.force_login(admin, backend=BACKEND)
    address = reverse("devices:folder_new", args=[lab.pk])
    assert "New folder in Lab" in client.get(address).content.decode()
    answer = client.post(address, {"name": "North"}, **HTMX)
    assert answer["HX-Redirect"] == Folder.objects.get(name="North").get_absolute_url()


@pytest.mark.parametrize("name", ["", "a/b", "x" * 101, "North"])
def test_a_refused_name_comes_back_with_the_rule(client, admin, lab, name):
    factories.folder("North", again(lab))
    client.force_login(admin, backend=BACKEND)
    answer = client.post(reverse("devices:folder_new", args=[lab.pk]), {"name": name}, **HTMX)
    assert answer.status_code == 422
    assert "invalid-feedback" in answer.content.decode()


def test_the_dialog_of_a_move_says_what_comes_along(client, admin, lab):
    factories.device("A", lab)
    client.force_login(admin, backend=BACKEND)
    address = reverse("devices:folder_move", args=[lab.pk])
    text = client.get(address).content.decode()
    assert "1 device in it and below moves along" in text
    assert "Settings that are not set in Lab itself come from the new place" in text
    refused = client.post(address, {"folder": lab.pk}, **HTMX)
    assert refused.status_code == 422
    assert "cannot be moved into itself" in refused.content.decode()
    target = factories.folder("Target")
    answer = client.post(address, {"folder": target.pk}, **HTMX)
    assert answer["HX-Redirect"] == lab.get_absolute_url()
    assert children(target) == ["Lab"]


def test_a_rename_is_refused_for_who_may_only_look(client, lab):
    client.force_login(factories.person(Role.POWER_OPERATOR, lab), backend=BACKEND)
    address = reverse("devices:folder_rename", args=[lab.pk])
    assert client.post(address, {"name": "x"}).status_code == 403
    hidden = reverse("devices:folder_rename", args=[factories.folder().pk])
    assert client.post(hidden, {"name": "x"}).status_code == 404


def test_the_look_up_offers_folders_in_which_one_may_edit(client, lab):
    factories.folder("North", again(lab)), factories.folder("Other")
    client.force_login(factories.person(Role.ADMINISTRATOR, lab), backend=BACKEND)
    text = client.get(reverse("devices:folder_lookup")).content.decode()
    assert "/Lab/North" in text
    assert "Other" not in text
    text = client.get(reverse("devices:folder_lookup"), {"q": "lab nor"}).content.decode()
    assert text.count('name="choice"') == 1


# The tree


def test_the_tree_shows_the_way_what_is_beside_it_and_what_is_in_the_folder(lab):
    north = factories.folder("North", again(lab))
    factories.folder("Deep", again(north))
    other = factories.folder("Other")
    factories.folder("Inside other", again(other))
    factories.device("A", lab), factories.device("B", north), factories.device("C")
    user = factories.person()

    shown = list(nodes(Tree.visible_to(user).around(again(lab))))

    assert shown == [
        (0, "Zone", 3),
        (1, "Servers", 0),
        (1, "Workstations", 3),
        (2, "Lab", 2),
        (3, "North", 1),
        (2, "Other", 0),
    ]


def test_people_of_one_folder_see_only_its_branch_and_its_numbers(lab):
    north = factories.folder("North", again(lab))
    factories.folder("Other")
    factories.device("A", lab), factories.device("B", north), factories.device("C")
    tree = Tree.visible_to(factories.person(Role.MONITOR, lab))
    assert list(nodes(tree.around(None))) == [(0, "Lab", 2), (1, "North", 1)]
    assert tree.count(None) == 2
    assert tree.way_to(again(north)) == [lab]


def test_a_folder_with_very_many_beside_it_is_still_drawn(lab):
    for number in range(MOST_BESIDE + 5):
        factories.folder(f"Room {number:03}")
    last = Folder.objects.get(name=f"Room {MOST_BESIDE + 4:03}")
    top = Tree.visible_to(factories.person()).around(last)[0]
    beside = top.children[1]
    assert beside.folder.name == "Workstations"
    assert beside.children[-1].folder == last
    assert (len(beside.children), beside.hidden) == (MOST_BESIDE + 1, 5)


def test_the_tree_is_two_queries_whatever_its_size(lab, django_assert_num_queries):
    user = factories.person()
    for _ in range(5):
        factories.folder(below=again(lab))
    Tree.visible_to(user)  # the rights are read once
    with django_assert_num_queries(2):
        tree = Tree.visible_to(user)
        list(nodes(tree.around(lab)))
        assert tree.count(lab) == 0


@pytest.mark.django_db(transaction=True)
def test_changes_at_the_same_moment_leave_a_sound_tree():
    admin, places = factories.person(), [factories.folder(f"Place {n}") for n in range(3)]

    def shuffle(number: int) -> None:
        try:
            made = services.create_folder(name=f"F{number}", parent=places[0], asked_by=admin)
            for place in (places[1], places[2], workstations()):
                services.move_folder(folder=made, parent=place, asked_by=admin)
            services.rename_folder(folder=made, name=f"{9 - number}F", asked_by=admin)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(shuffle, range(8)))

    assert not any(Folder.objects.find_problems())
    expected = sorted([*(f"{9 - n}F" for n in range(8)), *(place.name for place in places)])
    assert children(workstations()) == expected


@pytest.mark.parametrize("act", ["folder_rename", "folder_move", "folder_delete"])
def test_dialogs_of_a_fixed_folder_offer_no_ok(client, act):
    client.force_login(factories.person(), backend="django.contrib.auth.backends.ModelBackend")
    fixed = Folder.objects.get(name="Workstations")
    said = client.get(reverse(f"devices:{act}", args=[fixed.pk]), headers={"HX-Request": "true"})
    assert "fixed folder" in said.text
    assert ">OK" not in said.text  # the token of the form may hold the letters
    assert "Cancel" in said.text
