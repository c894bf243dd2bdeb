"""The power actions of the specification (S116) and the order that carries one."""

from typing import ClassVar

from django.db import models

from amt.constants import BootTarget, PowerState
from devices.models import Device, DeviceQuerySet, Job, User
from devices.models.rights import Right


class PowerAction(models.TextChoices):
    """Exactly four states; the value is also the verb of scripts."""

    ON = "on", "Power On"
    OFF = "off", "Power Off"
    RESET = "reset", "Reset"
    CYCLE = "cycle", "Power Cycle Reset"

    @property
    def state(self) -> PowerState:
        """Return what is asked of CIM_PowerManagementService."""
        return {
            PowerAction.ON: PowerState.ON,
            PowerAction.OFF: PowerState.OFF_SOFT,
            PowerAction.RESET: PowerState.MASTER_BUS_RESET,
            PowerAction.CYCLE: PowerState.CYCLE_SOFT,
        }[self]

    @property
    def right(self) -> Right:
        """Return the right a person needs for it."""
        return Right(f"power-{self.value}")

    @property
    def is_harmless(self) -> bool:
        """Return whether nobody loses work by it: no typed number, blue button."""
        return self is PowerAction.ON

    @property
    def boots(self) -> bool:
        """Return whether the host boots by it, so that it may be told from where."""
        return self is not PowerAction.OFF


class Boot(models.TextChoices):
    """Where the next boot, and only the next, is to go. The default view has none of this."""

    PXE = BootTarget.PXE, "PXE (network)"
    BIOS = BootTarget.BIOS, "BIOS setup"
    DISK = BootTarget.DISK, "Hard disk"
    CD = BootTarget.CD, "CD or DVD"

    @property
    def target(self) -> BootTarget:
        """Return the word of the protocol."""
        return BootTarget(self.value)


def boots() -> list[tuple[str, str]]:
    """Return the choices; a callable, so that a new one needs no migration."""
    return Boot.choices


def power_actions() -> list[tuple[str, str]]:
    """Return the choices; a callable, so that a new action needs no migration."""
    return PowerAction.choices


class PowerOrder(models.Model):
    """What a power job orders."""

    job = models.OneToOneField(Job, models.CASCADE, related_name="power_order")
    action = models.CharField(max_length=10, choices=power_actions)
    boot = models.CharField(max_length=10, choices=boots, blank=True)

    @property
    def chosen_boot(self) -> Boot | None:
        """Return where the next boot is to go, None for wherever it goes by itself."""
        return Boot(self.boot) if self.boot else None


class Selection(models.Model):
    """The devices of a dialog, frozen when it opened (D21). Its key is the intent of the order."""

    intent = models.UUIDField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    device_pks = models.JSONField()
    made_at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects: ClassVar = models.Manager["Selection"]()

    @property
    def devices(self) -> DeviceQuerySet:
        """Return the devices that still exist and that the person may still see."""
        found: DeviceQuerySet = Device.objects.filter(pk__in=self.device_pks)
        return found.visible_to(self.user)


class PowerSample(models.Model):
    """How many devices of the zone were in which state at one time: the chart of Home."""

    at = models.DateTimeField(unique=True)
    counts = models.JSONField()  # {"on": 12, "sleep": 0, "off": 8, "unknown": 2, "not-read": 2}
