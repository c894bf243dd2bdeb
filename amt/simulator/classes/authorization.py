"""AMT_AuthorizationService: the administrator's password and the other users (7.6)."""

import base64
import binascii
import re
from dataclasses import replace

from ..acl import MAX_NAME, MAX_USERS, REALMS, AclEntry
from ..audit_log import SECURITY, USER_ADDED, USER_CHANGED, USER_REMOVED
from ..device import Device
from ..envelope import Properties
from ..resource import (
    FOUR_KEYS,
    Arguments,
    Output,
    Resource,
    done,
    is_true,
    number,
    service,
    text,
)
from ..set_up import FACTORY_PASSWORD

AUTHORIZATION = "Intel(r) AMT Authorization Service"
INVALID_NAME, NOT_PERMITTED, MAX_LIMIT, INVALID_PARAMETER = 12, 16, 23, 36
INVALID_HANDLE, INVALID_PASSWORD, INVALID_REALM, DUPLICATE = 2053, 2054, 2055, 2058
HANDLES_PER_CALL = 50
SECRET_BYTES = 16  # an MD5


def _authorization(device: Device) -> list[Properties]:
    return [
        service(
            "AMT_AuthorizationService",
            AUTHORIZATION,
            AllowHttpQopAuthOnly=1,
            EnabledState=5,
            RequestedState=12,
        )
    ]


def secret_of(sent: str) -> str:
    """Return an MD5 as digits, sent as base64 of its bytes or, by MeshCentral, as digits.

    Empty where it is neither.
    """
    if re.fullmatch("[0-9a-fA-F]{32}", sent):
        return sent.lower()
    try:
        raw = base64.b64decode(sent, validate=True)
    except (binascii.Error, ValueError):
        return ""
    return raw.hex() if len(raw) == SECRET_BYTES else ""


def _set_admin(device: Device, arguments: Arguments) -> Output:
    name, secret = text(arguments, "Username"), secret_of(text(arguments, "DigestPassword"))
    if not _is_name(name) or any(entry.name == name for entry in device.acl.values()):
        return done(INVALID_NAME)
    if not secret:
        return done(INVALID_PASSWORD)
    device.gatekeeper.name_admin(name, secret)
    device.audit(SECURITY, USER_CHANGED)
    return done()


def _get_admin(device: Device, arguments: Arguments) -> Output:
    return done(Username=device.gatekeeper.admin)


def _get_admin_status(device: Device, arguments: Arguments) -> Output:
    return done(IsDefault=device.has_password(FACTORY_PASSWORD))


def _is_name(name: str) -> bool:
    is_short = 0 < len(name) <= MAX_NAME
    return is_short and name.isascii() and name.isprintable() and not set(name) & set(':,"&<>')


def _entry(arguments: Arguments) -> tuple[int, AclEntry | None, str]:
    """Return a return value, and where it is 0 the user that is described, and the secret."""
    name, sid = text(arguments, "DigestUsername"), text(arguments, "KerberosUserSid")
    secret = secret_of(text(arguments, "DigestPassword"))
    realms = [str(one) for one in arguments.get("Realms", []) if one]
    if not all(one.isdecimal() and int(one) in REALMS for one in realms):
        return INVALID_REALM, None, ""
    if not sid and not _is_name(name):
        return INVALID_NAME, None, ""
    if not sid and not secret:
        return INVALID_PASSWORD, None, ""
    access = number(arguments, "AccessPermission")
    if access not in range(3):
        return INVALID_PARAMETER, None, ""
    return 0, AclEntry(name, tuple(map(int, realms)), access, sid), secret


def _add(device: Device, arguments: Arguments) -> Output:
    refused, entry, secret = _entry(arguments)
    if entry is None:
        return done(refused)
    if len(device.acl) >= MAX_USERS:
        return done(MAX_LIMIT)
    if _is_taken(device, entry):
        return done(DUPLICATE)
    handle = max(device.acl, default=0) + 1
    _store(device, handle, entry, secret)
    device.audit(SECURITY, USER_ADDED)
    return done(Handle=handle)


def _is_taken(device: Device, entry: AclEntry, but: int = 0) -> bool:
    others = [one for handle, one in device.acl.items() if handle != but]
    names = {device.gatekeeper.admin, *(one.name for one in others if one.name)}
    return entry.name in names or (bool(entry.sid) and entry.sid in {one.sid for one in others})


def _store(device: Device, handle: int, entry: AclEntry, secret: str) -> None:
    device.acl[handle] = entry
    if secret and not entry.sid:
        device.gatekeeper.set_secret(entry.name, secret)
        device.gatekeeper.accounts[entry.name].is_enabled = entry.is_enabled


def _enumerate(device: Device, arguments: Arguments) -> Output:
    start = number(arguments, "StartIndex")
    if start < 1:
        return done(INVALID_PARAMETER)
    handles = sorted(device.acl)[start - 1 :][:HANDLES_PER_CALL]
    return done(TotalCount=len(device.acl), HandlesCount=len(handles), Handles=handles)


def _get(device: Device, arguments: Arguments) -> Output:
    entry = device.acl.get(number(arguments, "Handle"))
    if entry is None:
        return done(INVALID_HANDLE)
    who = "KerberosUserSid" if entry.sid else "DigestUsername"
    return {who: entry.sid or entry.name, **_rights(entry), "ReturnValue": 0}


def _rights(entry: AclEntry) -> Output:
    return {"AccessPermission": entry.access, "Realms": list(entry.realms)}


def _update(device: Device, arguments: Arguments) -> Output:
    handle = number(arguments, "Handle")
    before = device.acl.get(handle)
    if before is None:
        return done(INVALID_HANDLE)
    refused, entry, secret = _entry(arguments)
    if entry is None:
        return done(refused)
    if _is_taken(device, entry, but=handle):
        return done(DUPLICATE)
    device.gatekeeper.accounts.pop(before.name, None)
    _store(device, handle, replace(entry, is_enabled=before.is_enabled), secret)
    device.audit(SECURITY, USER_CHANGED)
    return done()


def _remove(device: Device, arguments: Arguments) -> Output:
    entry = device.acl.pop(number(arguments, "Handle"), None)
    if entry is None:
        return done(INVALID_HANDLE)
    if not entry.sid:
        device.gatekeeper.accounts.pop(entry.name, None)
    device.audit(SECURITY, USER_REMOVED)
    return done()


def _set_enabled(device: Device, arguments: Arguments) -> Output:
    handle = number(arguments, "Handle")
    entry = device.acl.get(handle)
    if entry is None:
        return done(INVALID_HANDLE)
    device.acl[handle] = replace(entry, is_enabled=is_true(arguments, "Enabled"))
    account = device.gatekeeper.accounts.get(entry.name)
    if account and not entry.sid:
        account.is_enabled = device.acl[handle].is_enabled
    return done()


def _get_enabled(device: Device, arguments: Arguments) -> Output:
    entry = device.acl.get(number(arguments, "Handle"))
    return done(INVALID_HANDLE) if entry is None else done(Enabled=entry.is_enabled)


READS = {
    "GetAdminAclEntry": _get_admin,
    "GetAdminAclEntryStatus": _get_admin_status,
    "GetAdminNetAclEntryStatus": _get_admin_status,
    "EnumerateUserAclEntries": _enumerate,
    "GetUserAclEntryEx": _get,
    "GetAclEnabledState": _get_enabled,
}
CLASSES = (
    Resource(
        "AMT_AuthorizationService",
        FOUR_KEYS,
        _authorization,
        methods={
            **READS,
            "SetAdminAclEntryEx": _set_admin,
            "AddUserAclEntryEx": _add,
            "UpdateUserAclEntryEx": _update,
            "RemoveUserAclEntry": _remove,
            "SetAclEnabledState": _set_enabled,
        },
        reads=frozenset(READS),
    ),
)
