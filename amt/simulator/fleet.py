"""A fleet of simulated devices: from a thread, from an event loop, or from the command line."""

import asyncio
import contextlib
import ipaddress
import json
import os
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

from .device import Device, Order
from .device_spec import DeviceSpec
from .keys import KEYS
from .listener import Listener, settle

SWEEP_SECONDS = 1.0


def addresses(first: str, count: int) -> list[str]:
    """Return ``count`` consecutive loopback addresses.

    Raises:
        ValueError: the range is not within 127.0.0.1 to 127.255.255.254.
    """
    start = ipaddress.IPv4Address(first)
    low, high = ipaddress.IPv4Address("127.0.0.1"), ipaddress.IPv4Address("127.255.255.254")
    if not low <= start <= high:
        raise ValueError(f"{first} is not a loopback address (127.0.0.1 to {high}).")
    if int(start) + count - 1 > int(high):
        raise ValueError(f"{count} devices from {first} on go past {high}.")
    return [str(start + offset) for offset in range(count)]


class Fleet:
    """Devices on loopback addresses, served together.

    ``log`` gets one JSON line per executed order. ``key`` keeps the TLS key in a file, so that
    each device shows the same certificate after a restart.
    """

    def __init__(
        self, specs: Iterable[DeviceSpec], *, log: Path | None = None, key: Path | None = None
    ) -> None:
        specs = list(specs)
        for spec in specs:
            addresses(spec.address, 1)  # a practice zone stays on this machine
        if key:
            KEYS.load(key)
        self._log = log
        self._log_file: int | None = None
        self.devices = {spec.address: Device(spec, self._write) for spec in specs}
        self.unbound: list[str] = []
        self._listeners: list[Listener] = []
        self._sweeper: asyncio.Task[None] | None = None

    def __getitem__(self, address: str) -> Device:
        return self.devices[address]

    def __iter__(self) -> Iterator[Device]:
        return iter(self.devices.values())

    def __len__(self) -> int:
        return len(self.devices)

    @contextlib.contextmanager
    def running(self) -> Iterator[Self]:
        """Serve the devices from a thread of their own."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="amt-simulator", daemon=True)
        thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self.start(), loop).result()
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(self._end(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen for every device; ``unbound`` names the sockets that could not be had."""
        if self._log:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            self._log_file = os.open(self._log, flags, 0o644)
        loop = asyncio.get_running_loop()
        self._listeners = [Listener(device) for device in self.devices.values()]
        self.unbound = []
        for listener in self._listeners:
            self.unbound += await listener.start()
            listener.device.when_changed(_Relisten(loop, listener))
        self._sweeper = asyncio.create_task(self._sweep())

    async def stop(self) -> None:
        """Close every socket."""
        if self._sweeper:
            self._sweeper.cancel()
        for listener in self._listeners:
            listener.device.when_changed(lambda device: None)
            listener.rest()
            listener.deafen()
        await settle()
        for listener in self._listeners:
            listener.stop()
        self._listeners = []
        await settle()
        if self._log_file is not None:
            os.close(self._log_file)
            self._log_file = None

    async def _end(self) -> None:
        """Stop, and give up the handshakes that were going on."""
        await self.stop()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await settle()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            now = time.monotonic()
            for listener in self._listeners:
                listener.follow_time()
                if listener.is_visited:
                    listener.sweep(now)

    def _write(self, order: Order) -> None:
        if self._log_file is not None:
            line = json.dumps(
                {
                    "time": order.time,
                    "address": order.address,
                    "class": order.class_name,
                    "method": order.method,
                    "requested": order.requested,
                    "before": int(order.before),
                    "after": int(order.after),
                }
            )
            os.write(self._log_file, f"{line}\n".encode())  # whole lines: processes share it


class _Relisten:
    """Has a device's sockets opened or closed by their own loop when its faults change."""

    def __init__(self, loop: asyncio.AbstractEventLoop, listener: Listener) -> None:
        self._loop = loop
        self._listener = listener

    def __call__(self, device: Device) -> None:
        try:
            is_own_loop = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            is_own_loop = False
        call = self._listener.listen()
        if is_own_loop:
            self._loop.create_task(call)
        else:
            asyncio.run_coroutine_threadsafe(call, self._loop).result()
