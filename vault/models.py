"""Credentials and their secrets. A secret's text is only ever here encrypted (crypto.py)."""

from collections.abc import Iterable
from functools import reduce
from operator import add
from typing import Any, ClassVar
from uuid import UUID, uuid4

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Count, ForeignObjectRel, OuterRef, Prefetch, Q, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Lower
from django.urls import reverse

from devices.models import Device
from devices.models.rights import Person, Right, may

ZONE = "zone"  # the recipient that stands for the zone's key ring
LOGIN_NAME = RegexValidator(
    r"[\x00-\x1f\x7f:\"]",  # digest sign-in quotes the name, and a colon ends it
    "A login name holds no colon, quotation mark or control character.",
    inverse_match=True,
)


class CredentialQuerySet(models.QuerySet["Credential"]):
    """Read credentials. The vault is one for the zone: its right is held there or not at all."""

    def visible_to(self, user: Person) -> "CredentialQuerySet":
        """Keep all of them for a person who may use the vault, else none."""
        return self if may(user, Right.CREDENTIALS) else self.none()

    def search(self, text: str) -> "CredentialQuerySet":
        """Keep those whose name, folder, login name or description has each word."""
        found = self
        for word in text.split():
            found = found.filter(
                Q(name__icontains=word)
                | Q(folder__icontains=word)
                | Q(login_name__icontains=word)
                | Q(description__icontains=word)
            )
        return found

    def in_folder(self, folder: str) -> "CredentialQuerySet":
        """Keep those in ``folder`` and below it; all for an empty one."""
        if not folder:
            return self
        return self.filter(Q(folder=folder) | Q(folder__startswith=f"{folder}/"))

    def with_use_count(self) -> "CredentialQuerySet":
        """Add ``use_count``: how many rows of other apps name the credential."""
        counts = (_use_count(relation) for relation in Credential.used_by_relations())
        return self.annotate(use_count=reduce(add, counts, Value(0)))


def _use_count(relation: ForeignObjectRel) -> Combinable:
    name = relation.field.name
    rows = relation.related_model._default_manager.filter(**{name: OuterRef("pk")})
    counted = rows.order_by().values(name).annotate(count=Count("*")).values("count")
    return Coalesce(Subquery(counted), Value(0))


class Credential(models.Model):
    """A name and login under which one or more secrets are kept."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.CharField("Credential name", max_length=100)
    folder = models.CharField(max_length=200, blank=True)  # "Labs/North": for order and search only
    login_name = models.CharField(
        "Login name", max_length=64, default="admin", validators=[LOGIN_NAME]
    )
    description = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects: ClassVar = CredentialQuerySet.as_manager()

    class Meta:
        ordering = ["folder", "name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="one_credential_name",
                violation_error_message="The vault already has a credential of that name.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of the credential's page."""
        return reverse("vault:credential", args=[self.pk])

    @classmethod
    def used_by_relations(cls) -> list[ForeignObjectRel]:
        """Return the relations of other apps that use a credential, whichever these are."""
        related = cls._meta.related_objects
        return [relation for relation in related if relation.related_model is not Secret]

    def uses(self) -> Q:
        """Return the condition "this device uses the credential"."""
        found = Q(pk__in=[])
        for relation in self.used_by_relations():
            users = relation.related_model._default_manager.filter(**{relation.field.name: self})
            for field in relation.related_model._meta.concrete_fields:
                if field.related_model is Device:
                    found |= Q(pk__in=users.values(field.name))
        return found


class SecretQuerySet(models.QuerySet["Secret"]):
    """Read secrets; none of these opens one."""

    def active(self) -> "SecretQuerySet":
        """Return those in use."""
        return self.filter(state=Secret.State.ACTIVE)

    def active_for(
        self, credential_ids: Iterable[UUID], amt_uuids: Iterable[UUID] = ()
    ) -> "SecretQuerySet":
        """Return the active secrets of these credentials, ready for ``crypto.reveal``.

        Those of a device alone come only for devices in ``amt_uuids``; they go before the
        credential's own (``amt_uuid`` None).
        """
        mine = Q(amt_uuid=None) | Q(amt_uuid__in=list(amt_uuids))
        return (
            self.active()
            .filter(mine, credential__in=list(credential_ids))
            .prefetch_related(zone_keys())
        )


class Secret(models.Model):
    """One password of a credential; kept before it is sent anywhere, and after it is replaced.

    A secret without credential is a private key, which the row of its certificate names.
    """

    class State(models.TextChoices):
        CANDIDATE = "candidate", "Candidate"
        ACTIVE = "active", "Active"
        RETIRED = "retired", "Retired"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    credential = models.ForeignKey(
        Credential, models.CASCADE, null=True, blank=True, related_name="secrets"
    )
    state = models.CharField(max_length=9, choices=State, default=State.CANDIDATE)
    amt_uuid = models.UUIDField(null=True, blank=True)  # a password of one device alone
    sealed = models.BinaryField()  # crypto.py: version, nonce, ciphertext
    created_at = models.DateTimeField(auto_now_add=True)
    activated_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = SecretQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["credential"],
                condition=Q(state="active", amt_uuid=None),
                name="one_active_secret",
            ),
            models.UniqueConstraint(
                fields=["credential", "amt_uuid"],
                condition=Q(state="active", amt_uuid__isnull=False),
                name="one_active_secret_per_device",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} secret {self.pk}"

    @property
    def owner(self) -> Credential:
        """Return the credential of a password; a private key has none, and is never asked."""
        if self.credential is None:
            raise TypeError("A private key belongs to no credential.")
        return self.credential


def zone_keys() -> "Prefetch[Any]":
    """Return what reads the data keys of secrets for this zone into their ``zone_keys``."""
    return Prefetch("wrapped_keys", WrappedKey.objects.filter(recipient=ZONE), to_attr="zone_keys")


class WrappedKey(models.Model):
    """The data key of one secret, wrapped for one recipient (today: the zone's key ring)."""

    secret = models.ForeignKey(Secret, models.CASCADE, related_name="wrapped_keys")
    recipient = models.CharField(max_length=60, default=ZONE)
    key_id = models.CharField(max_length=40, db_index=True)
    wrapped = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["secret", "recipient"], name="one_key_per_recipient")
        ]

    def __str__(self) -> str:
        return f"{self.recipient}: {self.key_id}"
