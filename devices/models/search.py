"""Filters of the list of devices that people kept under a name."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse

from devices.models.folder import Folder
from devices.models.rights import Right, below
from devices.models.user import User


class SavedSearchQuerySet(models.QuerySet["SavedSearch"]):
    def visible_to(self, user: User) -> "SavedSearchQuerySet":
        """Keep a person's own, and what others share of the zone or of folders seen by them."""
        seen = Q(folder=None) | below(user, Right.VIEW, "folder__path")
        return self.filter(Q(owner=user) | (Q(is_shared=True) & seen))


class SavedSearch(models.Model):
    """A folder and a filter. It shows to each person only what that person may see."""

    owner = models.ForeignKey(User, models.CASCADE, related_name="searches")
    name = models.CharField(max_length=100)
    is_shared = models.BooleanField("Everybody may use it", default=False)
    folder = models.ForeignKey(Folder, models.CASCADE, null=True, related_name="searches")
    query = models.TextField(blank=True)  # as an address has it, without the folder
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar = SavedSearchQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint("owner", Lower("name"), name="one_search_name_per_person")
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address that always opens it, whatever it is changed to."""
        return reverse("devices:saved_search", args=[self.pk])
