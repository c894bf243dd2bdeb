"""Keep credentials and their passwords. A password goes in here and comes out in crypto alone."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, RestrictedError
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from devices import audit
from devices.models import Device, User
from devices.models.device import SIGN_IN_TROUBLE
from devices.models.rights import Right, may
from vault import crypto, passwords
from vault.models import Credential, Secret

KEPT = ("name", "folder", "login_name", "description")


@sensitive_variables()
@transaction.atomic
def create_credential(
    *,
    name: str,
    password: str,
    login_name: str = "admin",
    folder: str = "",
    description: str = "",
    by: User | None,
) -> Credential:
    """Keep a new credential with ``password`` as its active secret.

    Raises:
        ValidationError: the password or the login name breaks a rule, or the name is taken.
        PermissionDenied: ``by`` may not keep credentials.
    """
    _allow(by)
    credential = Credential(
        name=name,
        login_name=login_name,
        folder=tidy_folder(folder),
        description=description,
    )
    _save(credential)
    audit.record(by, "credential.create", credential, new=_values(credential))
    change_password(credential=credential, password=password, by=by)
    return credential


@transaction.atomic
def change_credential(
    *,
    credential: Credential,
    name: str,
    login_name: str,
    folder: str,
    description: str,
    by: User | None,
) -> Credential:
    """Change all but the password.

    Raises:
        ValidationError: as for ``create_credential``.
        PermissionDenied: ``by`` may not keep credentials.
    """
    _allow(by)
    kept = _locked(credential.pk)
    before = _values(kept)
    kept.name, kept.login_name, kept.description = name, login_name, description
    kept.folder = tidy_folder(folder)
    _save(kept)
    old, new = audit.changes(before, _values(kept))
    if "login_name" in new:
        _try_again(kept)
    audit.record(by, "credential.change", kept, old=old, new=new)
    return kept


@transaction.atomic
def delete_credential(*, credential: Credential, by: User | None) -> None:
    """Delete a credential that nothing uses, with its secrets.

    Raises:
        ValidationError: something uses it.
        PermissionDenied: ``by`` may not keep credentials.
    """
    _allow(by)
    kept = _locked(credential.pk)
    audit.record(by, "credential.delete", kept, old=_values(kept))
    try:
        kept.delete()
    except (ProtectedError, RestrictedError):
        raise ValidationError(
            f"{kept} is in use, so it stays. Choose another credential where it is used first.",
            code="in-use",
        ) from None


@sensitive_variables()
@transaction.atomic
def add_secret(
    *, credential: Credential, password: str, amt_uuid: UUID | None = None, by: User | None
) -> Secret:
    """Keep a password as a candidate, before it is sent anywhere; the active one stays in use.

    Raises:
        ValidationError: the password breaks a rule of the Management Engine.
        PermissionDenied: ``by`` may not keep credentials.
    """
    _allow(by)
    passwords.check(password)
    secret = Secret(credential=credential, amt_uuid=amt_uuid)
    wrapped_key = crypto.seal(secret, password)
    secret.save(force_insert=True)
    wrapped_key.save(force_insert=True)
    audit.record(by, "secret.add", credential, new=_identity(secret))
    return secret


@transaction.atomic
def activate(*, secret: Secret, by: User | None) -> Secret:
    """Use ``secret`` from now on and retire the one that was in use for the same devices.

    Of two at once the later one wins; one secret is active at any time. A retired secret may be
    taken into use again: a device may have come back with it.
    """
    _allow(by)
    kept = _locked_secret(secret.pk)
    if kept.state == Secret.State.ACTIVE:
        return kept
    now = timezone.now()
    rivals = Secret.objects.active().filter(credential=kept.credential, amt_uuid=kept.amt_uuid)
    retired = list(rivals.values_list("pk", flat=True))
    rivals.update(state=Secret.State.RETIRED, retired_at=now)
    kept.state, kept.activated_at, kept.retired_at = Secret.State.ACTIVE, now, None
    kept.save(update_fields=["state", "activated_at", "retired_at"])
    kept.owner.save(update_fields=["changed_at"])
    _try_again(kept.owner)
    audit.record(
        by,
        "secret.activate",
        kept.credential,
        old={"retired": [str(pk) for pk in retired]},
        new=_identity(kept),
    )
    return kept


@transaction.atomic
def retire(*, secret: Secret, by: User | None) -> Secret:
    """Put a secret away that is not to be used: a candidate, or the one of a single device.

    Raises:
        ValidationError: it is the credential's active secret; another one replaces it.
    """
    _allow(by)
    kept = _locked_secret(secret.pk)
    if kept.state == Secret.State.RETIRED:
        return kept
    if kept.state == Secret.State.ACTIVE and kept.amt_uuid is None:
        raise ValidationError(
            "A credential keeps one active password. Use another one instead.", code="last-active"
        )
    kept.state, kept.retired_at = Secret.State.RETIRED, timezone.now()
    kept.save(update_fields=["state", "retired_at"])
    audit.record(by, "secret.retire", kept.credential, new=_identity(kept))
    return kept


@sensitive_variables()
@transaction.atomic
def change_password(
    *, credential: Credential, password: str, by: User | None, keep_only: bool = False
) -> Secret:
    """Keep ``password`` and use it from now on, unless it is ``keep_only``, to be tested first."""
    secret = add_secret(credential=credential, password=password, by=by)
    return secret if keep_only else activate(secret=secret, by=by)


def tidy_folder(text: str) -> str:
    """Return ``text`` as a path: parts between single strokes, no blanks around them."""
    return "/".join(filter(None, (part.strip() for part in text.split("/"))))


def _allow(by: User | None) -> None:
    if by is not None and not may(by, Right.CREDENTIALS):
        raise PermissionDenied("You may not keep credentials. Ask an administrator of the zone.")


def _try_again(credential: Credential) -> None:
    """Have devices read soon that refused what the credential was before."""
    trouble = Device.objects.filter(credential.uses(), unreadable_code__in=SIGN_IN_TROUBLE)
    trouble.update(unreadable_code="", poll_due_at=None)


def _locked(pk: UUID) -> Credential:
    """Return the credential, locked: changes of one credential go one after the other."""
    return Credential.objects.select_for_update().get(pk=pk)


def _locked_secret(pk: UUID) -> Secret:
    """Return the secret as it is once its credential is locked; read before, it may be stale."""
    credential = _locked(Secret.objects.values_list("credential_id", flat=True).get(pk=pk))
    return Secret.objects.get(pk=pk, credential=credential)


def _save(credential: Credential) -> None:
    """Check and save; of two at once who want the same name the later one is refused."""
    credential.full_clean()
    try:
        with transaction.atomic():
            credential.save()
    except IntegrityError:
        credential.validate_constraints()  # says which one, now that the other's row is there
        raise


def _values(credential: Credential) -> dict[str, Any]:
    return {name: getattr(credential, name) for name in KEPT}


def _identity(secret: Secret) -> dict[str, Any]:
    return {
        "secret": str(secret.pk),
        "state": str(secret.state),
        "amt_uuid": str(secret.amt_uuid) if secret.amt_uuid else None,
    }
