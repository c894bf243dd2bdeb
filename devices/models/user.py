"""A person who signs in, with what the console remembers of them."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """An account. What it may do is in its assignments (rights.py), not in Django's permissions."""

    time_zone = models.CharField(max_length=64, blank=True)  # empty: the zone's
    preferences = models.JSONField(default=dict, blank=True)  # chosen columns, collapsed panels, …
    must_change_password = models.BooleanField(default=False)

    class Meta(AbstractUser.Meta):
        ordering = ["username"]
