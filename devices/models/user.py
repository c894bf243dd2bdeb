"""A person who signs in, with what the console remembers of them."""

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower

from devices.models import rights


class User(AbstractUser):
    """An account. What it may do is in its assignments (rights.py), not in Django's permissions."""

    time_zone = models.CharField(max_length=64, blank=True)  # empty: the zone's
    preferences = models.JSONField(default=dict, blank=True)  # chosen columns, collapsed panels, …
    must_change_password = models.BooleanField(default=False)

    class Meta(AbstractUser.Meta):
        ordering = ["username"]
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="one_user_name",
                violation_error_message="Somebody already has this user name.",
            )
        ]

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        """Read the row again, and what the person may do too."""
        rights.forget(self)
        super().refresh_from_db(*args, **kwargs)
