"""Links that sign a person in once: at the first start, and when no password can be asked for."""

import hashlib

from django.db import models
from django.utils import timezone


class SignInLinkQuerySet(models.QuerySet["SignInLink"]):
    def open(self) -> "SignInLinkQuerySet":
        """Keep the links that were not used and are not too old."""
        return self.filter(used_at=None, expires_at__gt=timezone.now())

    def of_token(self, token: str) -> "SignInLinkQuerySet":
        return self.filter(token_hash=hashed(token))

    def use(self) -> bool:
        """Mark the open link among these as used; False if somebody else was quicker."""
        return bool(self.open().update(used_at=timezone.now()))


class SignInLink(models.Model):
    """A link for one person and one use. Only the hash of its token is kept."""

    user = models.ForeignKey("devices.User", models.CASCADE, related_name="sign_in_links")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    objects = SignInLinkQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Sign-in link of {self.user}"


def hashed(token: str) -> str:
    """Return what is kept of ``token``. It is long and random, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
