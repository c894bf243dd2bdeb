"""The sockets of one device: opened, closed, and blocked as its faults say."""

import asyncio
import contextlib
import socket
from functools import partial

from amt.constants import PORT_HTTP, PORT_HTTPS, PORT_RMCP

from .certificates import LazyContext
from .device import Device
from .faults import Fault
from .http import REQUEST_SECONDS, HttpConnection
from .rmcp import RmcpProtocol
from .wsman import WsmanService

BACKLOG = 128


class Listener:
    """Serves one device on its address until it is stopped."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.connections: set[HttpConnection] = set()
        self._service = WsmanService(device)
        self._servers: list[asyncio.Server] = []
        self._blockers: list[socket.socket] = []
        self._pings: asyncio.DatagramTransport | None = None

    @property
    def ports(self) -> list[int]:
        """Return the TCP ports that the device is to have."""
        spec = self.device.spec
        return [PORT_HTTP] * spec.plain + [PORT_HTTPS] * spec.tls

    async def start(self) -> list[str]:
        """Listen; return what could not be bound, one text each."""
        unbound = await self.listen()
        try:
            self._pings, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                partial(RmcpProtocol, self.device), local_addr=(self.device.address, PORT_RMCP)
            )
        except OSError as error:
            unbound.append(f"udp {self.device.address}:{PORT_RMCP}: {error.strerror}")
        return unbound

    async def listen(self) -> list[str]:
        """Bring the TCP sockets in line with the device's faults."""
        self._close_sockets()
        faults, unbound = self.device.faults, []
        if Fault.REFUSES in faults:
            self._close_connections()
            return []
        for port in self.ports:
            try:
                if Fault.UNPLUGGED in faults:
                    self._block(port)
                else:
                    await self._serve(port)
            except OSError as error:
                unbound.append(f"tcp {self.device.address}:{port}: {error.strerror}")
        return unbound

    def stop(self) -> None:
        """Close everything."""
        self._close_sockets()
        self._close_connections()
        if self._pings:
            self._pings.close()

    def sweep(self, now: float) -> None:
        """Close the connections whose time is over."""
        for connection in [one for one in self.connections if one.is_overdue(now)]:
            connection.close()

    async def _serve(self, port: int) -> None:
        is_tls = port == PORT_HTTPS
        context = LazyContext.of(self.device.certificate, self.device.profile) if is_tls else None
        server = await asyncio.get_running_loop().create_server(
            partial(HttpConnection, self.device, self._service, self.connections),
            sock=_bound(self.device.address, port),
            backlog=BACKLOG,
            ssl=context,
            ssl_handshake_timeout=REQUEST_SECONDS if is_tls else None,
        )
        self._servers.append(server)

    def _block(self, port: int) -> None:
        """Let connections time out: the queue is full, and nobody takes from it."""
        self._close_connections()
        listening = _bound(self.device.address, port)
        listening.listen(0)
        self._blockers.append(listening)
        for _ in range(2):
            filler = socket.socket()
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect((self.device.address, port))
            self._blockers.append(filler)

    def _close_sockets(self) -> None:
        for server in self._servers:
            server.close()
        for blocker in self._blockers:
            blocker.close()
        self._servers, self._blockers = [], []

    def _close_connections(self) -> None:
        for connection in list(self.connections):
            connection.close()


def _bound(address: str, port: int) -> socket.socket:
    new = socket.socket()
    try:
        new.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        new.setblocking(False)
        new.bind((address, port))
    except OSError:
        new.close()
        raise
    return new
