"""Who may do what where, compared with a reference that anybody can read."""

from itertools import product

import pytest
from django.contrib.auth.models import AnonymousUser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.models import Assignment, Device, Folder, Job, JobItem, User
from devices.models.rights import (
    POWER_RIGHTS,
    ROLE_RIGHTS,
    Right,
    Role,
    forget,
    may,
    may_anywhere,
    may_in,
)
from tests.factories import device, folder, person

pytestmark = pytest.mark.django_db
OF_ZONE = {Right.CREDENTIALS, Right.CERTIFICATES, Right.PROVISION, Right.ADMINISTRATE}
SHAPE = ["Zone", "Servers", "Workstations", "Lab-1", "Lab-1-left", "Lab-2"]


@pytest.fixture
def tree() -> dict[str, Folder]:
    """Return a zone with a device in each of six folders."""
    lab = folder("Lab-1")
    folder("Lab-1-left", below=lab)
    folder("Lab-2")
    folders = {each.name: each for each in Folder.objects.all()}
    for name in SHAPE:
        device(f"in {name}", where=folders[name])
    return folders


held = st.dictionaries(
    st.sampled_from(SHAPE),
    st.tuples(
        st.sampled_from(list(Role)),
        st.sets(st.sampled_from(POWER_RIGHTS)),
        st.booleans(),
    ),
    max_size=4,
)


def may_by_the_book(roles, tree, right: Right, place: Folder) -> bool:
    """Walk up from the folder: somebody must give the right and nobody deny it."""
    if "Zone" in roles and roles["Zone"][0] == Role.ADMINISTRATOR:
        return True
    is_given = False
    for name, (role, denied, is_extra) in roles.items():
        above = tree[name]
        if not (place == above or place.is_descendant_of(above)):
            continue
        if right in denied:
            return False
        is_of_zone = right in OF_ZONE
        if is_of_zone and name != "Zone":
            continue
        if right in ROLE_RIGHTS[role] or (is_extra and right == Right.SEND_ANYWAY):
            is_given = True
    return is_given


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(roles=held)
def test_every_role_folder_and_verb_is_as_the_reference_says(tree, roles):
    user = User(username="anybody")
    User.objects.filter(username="anybody").delete()
    user.save()
    for name, (role, denied, is_extra) in roles.items():
        extra = [Right.SEND_ANYWAY.value] if is_extra else []
        without = [right.value for right in denied]
        Assignment.objects.create(
            user=user, folder=tree[name], role=role, extra=extra, without=without
        )

    for right in Right:
        wanted = {name for name in SHAPE if may_by_the_book(roles, tree, right, tree[name])}
        assert {name for name in SHAPE if may_in(user, right, tree[name])} == wanted
        found = Folder.objects.allowed(user, right).values_list("name", flat=True)
        assert set(found) == wanted
        found = Device.objects.allowed(user, right).values_list("folder__name", flat=True)
        assert set(found) == wanted
        assert may(user, right) == (wanted == set(SHAPE) and may_in(user, right, tree["Zone"]))
        assert may_anywhere(user, right) == bool(wanted)


@pytest.mark.parametrize("role", Role)
def test_disabled_person_may_nothing(tree, role):
    user = person(role)
    user.is_active = False

    assert not any(may_anywhere(user, right) for right in Right)
    assert not Device.objects.visible_to(user).exists()


def test_nobody_may_nothing(tree):
    nobody = AnonymousUser()

    assert not any(may(nobody, right) or may_anywhere(nobody, right) for right in Right)
    assert not Device.objects.visible_to(nobody).exists()
    assert not Folder.objects.visible_to(nobody).exists()
    assert not Job.objects.visible_to(nobody).exists()
    assert not JobItem.objects.visible_to(nobody).exists()


def test_person_without_a_role_sees_nothing(tree):
    user = User.objects.create_user("roleless")

    assert not Device.objects.visible_to(user).exists()


def test_folder_that_moves_takes_its_roles_with_it(tree):
    user = person(Role.MONITOR, tree["Lab-1"])
    Folder.objects.move(tree["Lab-1"], tree["Servers"], "sorted-child")
    user = User.objects.get(pk=user.pk)

    seen = Device.objects.visible_to(user).values_list("folder__name", flat=True)
    assert set(seen) == {"Lab-1", "Lab-1-left"}


def test_folder_that_moves_below_another_follows_its_roles(tree):
    servers, workstations = (
        person(Role.MONITOR, tree["Servers"]),
        person(Role.MONITOR, tree["Workstations"]),
    )
    Folder.objects.move(tree["Lab-2"], tree["Servers"], "sorted-child")

    here = Device.objects.filter(folder=tree["Lab-2"].pk)
    assert here.visible_to(servers).exists()
    assert not here.visible_to(workstations).exists()


def test_device_that_moves_follows_the_roles_of_its_new_folder(tree):
    user = person(Role.MONITOR, tree["Lab-1"])
    moved = Device.objects.get(folder=tree["Lab-1"])
    Device.objects.filter(pk=moved.pk).update(folder=tree["Lab-2"])

    assert not Device.objects.visible_to(user).filter(pk=moved.pk).exists()


def test_names_that_begin_alike_do_not_share_rights():
    """The tree's paths have steps of one length, so only real ancestors are prefixes."""
    folders = [folder(f"F{number}") for number in range(40)]
    user = person(Role.MONITOR, folders[0])

    assert list(Folder.objects.visible_to(user)) == [folders[0]]


def test_rights_are_read_once_for_a_user_object(tree, django_assert_num_queries):
    user = User.objects.get(pk=person(Role.POWER_OPERATOR, tree["Lab-1"]).pk)

    with django_assert_num_queries(1):
        for right, name in product(Right, SHAPE):
            may_in(user, right, tree[name])


def test_rights_are_read_again_when_told_so(tree):
    user = person(Role.MONITOR, tree["Lab-1"])
    assert not may_in(user, Right.POWER_ON, tree["Lab-1"])
    user.assignments.update(role=Role.POWER_OPERATOR)

    forget(user)
    assert may_in(user, Right.POWER_ON, tree["Lab-1"])


def test_person_with_many_roles_needs_no_long_condition(tree):
    user = person(Role.MONITOR, tree["Workstations"], tree["Lab-1"], tree["Lab-1-left"])

    assert str(Device.objects.visible_to(user).query).count("LIKE") == 1
