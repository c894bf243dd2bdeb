"""What people and the console did: rows that are only ever added."""

import json
from datetime import datetime
from functools import reduce
from itertools import product
from operator import or_
from typing import Any, ClassVar, NoReturn

from django.db import models
from django.db.models import Q
from django.db.models.functions import Cast
from django.urls import NoReverseMatch, reverse

PAGES = {  # of the objects that entries are about; the lines outlive them
    "user": "devices:person",
    "device": "devices:device",
    "folder": "devices:folder",
    "job": "devices:job",
    "server": "devices:server",
    "savedsearch": "devices:saved_search",
    "credential": "vault:credential",
    "certificate": "amt:certificate",
    "discovereddevice": "amt:discovered_device",
}


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    def about(self, kind: str, *keys: object) -> "AuditEntryQuerySet":
        """Keep what was done to one object, also under keys that it had before."""
        return self.filter(target_type=kind, target_id__in=map(str, keys))

    def joined(self, device: int) -> list[int]:
        """Return the keys of devices that were made one with this one."""
        joins = self.about("device", device).filter(verb="device.join")
        return [old["device"] for old in joins.values_list("old", flat=True) if old]

    def between(self, since: datetime | None, until: datetime | None) -> "AuditEntryQuerySet":
        """Keep what was done from ``since`` on and before ``until``."""
        found = self.filter(at__gte=since) if since else self
        return found.filter(at__lt=until) if until else found

    def search(self, text: str) -> "AuditEntryQuerySet":
        """Keep the lines that have each word somewhere, values included."""
        found = self.annotate(
            old_text=Cast("old", models.TextField()), new_text=Cast("new", models.TextField())
        )
        names = ["target_name", "user_name", "verb", "old_text", "new_text"]
        for word in text.split():
            escaped = json.dumps(word)[1:-1]  # as SQLite keeps it; PostgreSQL keeps the letters
            ways = product(names, {word, escaped})
            found = found.filter(reduce(or_, (Q(**{f"{n}__icontains": way}) for n, way in ways)))
        return found


class AuditEntry(models.Model):
    """One act: who, what, on what, from where, old and new values (never a secret)."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    user = models.ForeignKey("devices.User", models.SET_NULL, null=True, related_name="+")
    user_name = models.CharField(max_length=150)  # as it was: the account may go, the line stays
    address = models.GenericIPAddressField(null=True)
    verb = models.CharField(max_length=60, db_index=True)  # "power.order", "credential.create"
    target_type = models.CharField(max_length=40, blank=True)
    target_id = models.CharField(max_length=40, blank=True)
    target_name = models.CharField(max_length=255, blank=True)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)

    objects: ClassVar = AuditEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["target_type", "target_id"], name="audit_by_target"),
            models.Index(fields=["user", "-id"], name="audit_by_person"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} by {self.user_name}"

    def save(self, **kwargs: Any) -> None:
        """Add the line; one that is there stays as it is."""
        if not self._state.adding:
            raise TypeError("A line of the audit does not change.")
        super().save(**kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: what was done is not undone by forgetting it."""
        raise TypeError("A line of the audit is not deleted.")

    @property
    def target_url(self) -> str:
        """Return the address of what this is about; empty where it has no page."""
        try:
            return reverse(PAGES[self.target_type], args=[self.target_id])
        except (KeyError, NoReverseMatch):
            return ""

    @property
    def verb_text(self) -> str:
        """Return the verb for people: "Person: sign in"."""
        return worded(self.verb)

    @property
    def changes(self) -> list[tuple[str, str | None, str | None]]:
        """Return each value's name, what it was, and what it is; None where that was not told."""
        old, new = self.old or {}, self.new or {}
        names = [*old, *(name for name in new if name not in old)]
        return [(_name(name), _told(old, name), _told(new, name)) for name in names]


def worded(verb: str) -> str:
    """Return a verb of the audit as people read it."""
    noun, _, act = verb.partition(".")
    return f"{_name(noun).capitalize()}: {_name(act)}"


def _name(name: str) -> str:
    return name.replace("_", " ")


def _told(values: dict[str, Any], name: str) -> str | None:
    return in_words(values[name]) if name in values else None


def in_words(value: Any) -> str:
    """Return a kept value as people read it."""
    if value is None or value == "" or value == [] or value == {}:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(in_words, value))
    if isinstance(value, dict):
        return ", ".join(f"{_name(str(key))} {in_words(each)}" for key, each in value.items())
    return str(value)
