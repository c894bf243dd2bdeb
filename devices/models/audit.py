"""What people and the console did: rows that are only ever added."""

from typing import ClassVar

from django.db import models


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

    objects: ClassVar = models.Manager["AuditEntry"]()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["target_type", "target_id"], name="audit_by_target"),
            models.Index(fields=["user", "-id"], name="audit_by_person"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} by {self.user_name}"
