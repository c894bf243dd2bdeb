"""Rows for tests, with names that do not matter unless a test says so."""

from itertools import count
from typing import Any

from django.utils import timezone
from django.utils.text import slugify

from devices.models import Assignment, Device, Folder, Server, User
from devices.models.rights import Role
from vault import crypto
from vault.models import Credential, Secret

_number = count(1)
PASSWORD = "Correct-horse-9"


def zone() -> Folder:
    return Folder.objects.get(depth=1)


def folder(name: str = "", below: Folder | None = None) -> Folder:
    parent = below or Folder.objects.get(name="Workstations", is_fixed=True)
    return Folder.objects.add_child(
        parent, create_kwargs={"name": name or f"Folder {next(_number)}"}
    )


def person(role: str = Role.ADMINISTRATOR, *folders: Folder, without: tuple[str, ...] = ()) -> User:
    """Return an account with ``role`` in each of ``folders``, or in the whole zone."""
    user = User.objects.create_user(f"{role}-{next(_number)}", password=PASSWORD)
    for place in folders or (zone(),):
        Assignment.objects.create(user=user, folder=place, role=role, without=list(without))
    return user


def device(name: str = "", where: Folder | None = None, **fields: Any) -> Device:
    place = where or Folder.objects.get(name="Workstations", is_fixed=True)
    return Device.objects.create(name=name or f"PC-{next(_number):04}", folder=place, **fields)


def server(name: str = "", **fields: Any) -> Server:
    name = name or f"server-{next(_number)}"
    return Server.objects.create(name=name, queue=f"zcc.{slugify(name)}", **fields)


def credential(
    name: str = "", password: str = "P@ssw0rd", login_name: str = "admin", **fields: Any
) -> Credential:
    """Return a credential with one active secret; its password need not keep the rules."""
    name = name or f"Credential {next(_number)}"
    kept = Credential.objects.create(name=name, login_name=login_name, **fields)
    secret(kept, password)
    return kept


def secret(kept: Credential, password: str, **fields: Any) -> Secret:
    state = fields.pop("state", Secret.State.ACTIVE)
    row = Secret(credential=kept, state=state, activated_at=timezone.now(), **fields)
    wrapped_key = crypto.seal(row, password)
    row.save()
    wrapped_key.save()
    return row
