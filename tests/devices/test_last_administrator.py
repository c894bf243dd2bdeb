"""Two administrators who take each other's role at the same moment: one of them stays."""

from threading import Barrier, Thread

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from devices.models import User
from devices.services import people, roles
from tests.factories import person

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts) -> list[str]:
    """Do all acts in threads that start together; return what was refused."""
    start, refused = Barrier(len(acts)), []

    def run(act) -> None:
        start.wait()
        try:
            act()
        except ValidationError as error:
            refused.extend(error.messages)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


@pytest.mark.parametrize("attempt", range(3))
def test_one_administrator_is_left(attempt):
    ann, bob = person(), person()

    refused = at_once(
        lambda: people.disable_person(user=User.objects.get(pk=ann.pk), by=bob),
        lambda: roles.remove_role(assignment=bob.assignments.get(), by=ann),
    )

    assert len(refused) == 1
    assert roles.zone_administrators().count() == 1


def test_two_first_starts_make_one_owner():
    made = []
    at_once(*[lambda: made.append(people.make_owner(username="owner")) for _ in range(2)])

    assert [user is None for user in made].count(False) == 1
    assert User.objects.count() == 1


def test_one_link_opened_twice_at_once_signs_in_once():
    user = people.make_owner(username="owner", must_change_password=False)
    people.make_sign_in_link(user)
    link, used = user.sign_in_links.get(), []
    at_once(*[lambda: used.append(people.use_sign_in_link(link=link)) for _ in range(2)])

    assert sorted(used) == [False, True]
