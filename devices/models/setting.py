"""Values of settings, each at one level: the zone, a folder, or a device."""

from django.db import models
from django.db.models import Q


class Setting(models.Model):
    """One value of one key. Neither folder nor device: the zone's value."""

    key = models.CharField(max_length=60)
    folder = models.ForeignKey(
        "devices.Folder", models.CASCADE, null=True, blank=True, related_name="settings"
    )
    device = models.ForeignKey(
        "devices.Device", models.CASCADE, null=True, blank=True, related_name="settings"
    )
    value = models.JSONField()
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey("devices.User", models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=Q(folder=None, device=None),
                name="one_value_per_key_of_the_zone",
            ),
            models.UniqueConstraint(
                fields=["key", "folder"],
                condition=Q(folder__isnull=False),
                name="one_value_per_key_and_folder",
            ),
            models.UniqueConstraint(
                fields=["key", "device"],
                condition=Q(device__isnull=False),
                name="one_value_per_key_and_device",
            ),
            models.CheckConstraint(
                condition=Q(folder=None) | Q(device=None), name="setting_has_one_level"
            ),
        ]
