"""What a device that waits to be set up says to its provisioning server, and how often.

Written from amt-protocol.md 6 alone: the console's reader shares nothing with it.
"""

import asyncio
import contextlib
from collections.abc import Iterator

from .device import Device
from .set_up import FACTORY_PASSWORD

SHARED_KEY, CERTIFICATES = 2, 3  # versions
KINDS = {"sha1": 1, "sha256": 2, "sha384": 3}
PAUSES = ((5, 12.0), (5, 120.0), (5, 1200.0))  # how often, seconds between two
LAST_PAUSE = 2160.0
CONNECT_SECONDS = 5.0


def message(device: Device, retry: int) -> bytes:
    """Return the hello message of a device, the ``retry``-th after the first one."""
    held = device.set_up
    has_own_password = held.password != FACTORY_PASSWORD
    version = SHARED_KEY if device.uses_shared_key else CERTIFICATES
    parts = [
        int(has_own_password).to_bytes(2, "little"),
        version.to_bytes(2, "little"),
        retry.to_bytes(4, "little"),
        device.uuid.bytes_le,
    ]
    if version == SHARED_KEY:
        return b"".join(parts) + held.pid.encode()[:8].ljust(8, b"\0")
    hashes = [one for one in held.hashes if one.is_active]
    parts.append(bytes([len(hashes)]))
    for one in hashes:
        parts += [bytes([KINDS[one.algorithm], len(one.digest)]), one.digest]
    return b"".join(parts)


def pauses(pace: float) -> Iterator[float]:
    """Yield the seconds until each next message; ``pace`` 0.1 is ten times as quick."""
    for count, seconds in PAUSES:
        for _ in range(count):
            yield seconds * pace
    while True:
        yield LAST_PAUSE * pace


async def say(device: Device, host: str, port: int, retry: int = 0) -> None:
    """Connect from the device's own address, say it in one piece, and close.

    Raises:
        OSError: nobody listens there.
    """
    async with asyncio.timeout(CONNECT_SECONDS):
        _, writer = await asyncio.open_connection(host, port, local_addr=(device.address, 0))
        writer.write(message(device, retry))
        await writer.drain()
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def keep_saying(device: Device, host: str, port: int, pace: float = 1.0) -> None:
    """Say hello again and again until the device is set up, or its time is over."""
    for retry, seconds in enumerate(pauses(pace)):
        if not device.says_hello:
            return
        with contextlib.suppress(OSError, TimeoutError):
            await say(device, host, port, retry)
        await asyncio.sleep(seconds)


class HelloSpeaker:
    """Begins and ends the hello messages of one device, in the running event loop."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._task: asyncio.Task[None] | None = None

    def follow(self) -> None:
        """Speak if the device has something to say, else be silent."""
        spec = self._device.spec
        if spec.hello_to is None or not self._device.says_hello:
            self.stop()
        elif self._task is None or self._task.done():
            call = keep_saying(self._device, *spec.hello_to, spec.hello_pace)
            self._task = asyncio.get_running_loop().create_task(call)

    def stop(self) -> None:
        """Be silent."""
        if self._task:
            self._task.cancel()
            self._task = None
