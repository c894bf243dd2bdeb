"""A managed PC whose Management Engine is simulated, and what is ordered of it."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import pytest

from amt.simulator import Device as Engine
from devices.models import Device, JobItem, Setting
from power.models import PowerAction
from power.services.orders import order_power
from power.work import run_power_items
from tests import factories


@dataclass
class Pc:
    """A device of the console and the simulated engine behind it."""

    device: Device
    engine: Engine

    def ask(self, action: PowerAction, **options: object) -> JobItem:
        """Order ``action`` as an administrator and return the line, not yet carried out."""
        job = order_power(
            devices=Device.objects.filter(pk=self.device.pk),
            action=action,
            intent=uuid4(),
            **{"asked_by": factories.person(), **options},
        )
        return job.items.get()

    def order(self, action: PowerAction, **options: object) -> JobItem:
        """Order ``action``, carry it out here, and return the line."""
        item = self.ask(action, **options)
        run_power_items([item.pk])
        item.refresh_from_db()
        return item


@pytest.fixture
def pc(transactional_db: None, simulated: Callable[..., object]) -> Callable[..., Pc]:
    """Return a maker of managed PCs; keywords are those of DeviceSpec."""
    Setting.objects.create(key="power.verify_seconds", value=5)

    def make(**spec: object) -> Pc:
        made = simulated(**spec)
        return Pc(made.row, made.machine)

    return make
