"""Managed devices whose Management Engine is a simulated one on a loopback address."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from uuid import uuid4

import pytest

from amt.models import AmtSettings
from amt.simulator import DeviceSpec, Fleet
from amt.simulator import Device as Engine
from devices.models import Device, JobItem, Setting
from power.models import PowerAction
from power.services.orders import order_power
from power.work import run_power_items
from tests import factories

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_number = count()


@dataclass
class Pc:
    """A device of the console and the simulated engine behind it."""

    device: Device
    engine: Engine

    def order(self, action: PowerAction, **options: object) -> JobItem:
        """Order ``action`` as an administrator, carry it out here, and return the line."""
        job = order_power(
            devices=Device.objects.filter(pk=self.device.pk),
            action=action,
            intent=uuid4(),
            asked_by=factories.person(),
            **options,
        )
        item = job.items.get()
        run_power_items([item.pk])
        item.refresh_from_db()
        return item


@pytest.fixture
def pc(transactional_db: None) -> Iterator[Callable[..., Pc]]:
    """Return a maker of managed PCs; keywords are those of DeviceSpec."""
    with ExitStack() as stack:
        server = factories.server()
        credential = factories.credential(password="P@ssw0rd")  # noqa: S106

        def make(**spec: object) -> Pc:
            number = next(_number)
            address = f"127.{140 + WORKER}.{number // 250}.{number % 250 + 1}"
            fleet = Fleet([DeviceSpec(address, **spec)])
            stack.enter_context(fleet.running())
            device = factories.device(mode=Device.Mode.SMB, amt_address=address, is_simulated=True)
            AmtSettings.objects.create(
                device=device, mode="smb", address=address, credential=credential, server=server
            )
            return Pc(device, fleet[address])

        Setting.objects.create(key="power.verify_seconds", value=5)
        yield make
