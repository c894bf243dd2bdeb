"""The tree of folders. Its root is the zone; Servers and Workstations stand right below it."""

from typing import ClassVar

from django.db import models
from django.urls import reverse
from treebeard.mp_tree import MP_Node, MP_NodeManager, MP_NodeQuerySet

from devices.models import rights


class FolderQuerySet(MP_NodeQuerySet["Folder"]):
    def visible_to(self, user: "rights.Person") -> "FolderQuerySet":
        """Keep the folders whose devices this person may see."""
        return self.filter(rights.below(user, rights.Right.VIEW, "path"))

    def allowed(self, user: "rights.Person", right: "rights.Right") -> "FolderQuerySet":
        """Keep the folders in which this person holds ``right``."""
        return self.filter(rights.below(user, right, "path"))


class FolderManager(MP_NodeManager.from_queryset(FolderQuerySet)):  # type: ignore[misc]
    def get_queryset(self) -> FolderQuerySet:
        """Return folders in the order of the tree; treebeard would return its own kind."""
        return FolderQuerySet(self.model, using=self._db).order_by("path")


class Folder(MP_Node):
    """A folder of devices. ``path`` begins with the path of each folder above it."""

    name = models.CharField(max_length=100)
    is_fixed = models.BooleanField(default=False)  # the zone, Servers, Workstations

    node_order_by = ["name"]
    objects: ClassVar = FolderManager()

    class Meta(MP_Node.Meta):
        abstract = False

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of the folder's list of devices."""
        return reverse("devices:folder", args=[self.pk])

    @property
    def ancestor_paths(self) -> list[str]:
        """Return the paths from the zone down to this folder, itself included."""
        step = self.steplen
        return [self.path[:end] for end in range(step, len(self.path) + 1, step)]
