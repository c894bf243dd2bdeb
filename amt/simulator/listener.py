"""The sockets of one device: opened, closed, and blocked as its faults say."""

import asyncio
import contextlib
import socket
from functools import partial

from amt.constants import (
    PORT_HTTP,
    PORT_HTTPS,
    PORT_REDIRECTION,
    PORT_REDIRECTION_TLS,
    PORT_RMCP,
)

from . import broken
from .certificates import LazyContext
from .device import Device
from .faults import Fault
from .hello import HelloSpeaker
from .http import REQUEST_SECONDS, Connections, Door, HttpConnection, Services
from .redirection import RedirectionConnection
from .rmcp import RmcpProtocol
from .set_up_tls import SetUpTls

HTTP_PORTS, TLS_PORTS = (PORT_HTTP, PORT_HTTPS), (PORT_HTTPS, PORT_REDIRECTION_TLS)
BACKLOG = 128
ROUNDS = 3
FALLS_ASLEEP_SECONDS = 1.0  # after its host, where the power policy says so
ANSWER_SECONDS = 0.05  # between the answer to a commit and the end of the connection


async def settle() -> None:
    """Let the loop finish what it has begun: to accept, or to close, a connection."""
    for _ in range(ROUNDS):
        await asyncio.sleep(0)


class Listener:
    """Serves one device on its address until it is stopped."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.connections = Connections()
        self._services = Services(device)
        self._servers: list[asyncio.Server] = []
        self._blockers: list[socket.socket] = []
        self._state: tuple[tuple[int, ...], bool, frozenset[Fault]] | None = None
        self._pings: asyncio.DatagramTransport | None = None
        self._hello = HelloSpeaker(device)
        self._changes = asyncio.Lock()
        self._tunnels: set[SetUpTls] = set()
        self._restarting: asyncio.Task[None] | None = None

    @property
    def ports(self) -> list[int]:
        """Return the TCP ports that the device is to have now."""
        device, local = self.device, [self.device.spec.lms] * bool(self.device.spec.lms)
        if self._restarting or device.is_gone:
            return local
        if not device.set_up.is_done:
            return local + [PORT_HTTPS] * device.is_open_for_set_up
        ports = [PORT_HTTP] * device.has_plain + [PORT_HTTPS] * device.has_tls
        if device.spec.redirection:
            ports += [PORT_REDIRECTION] * device.has_plain
            ports += [PORT_REDIRECTION_TLS] * device.has_tls
        return local + ports

    async def start(self) -> list[str]:
        """Listen; return what could not be bound, one text each."""
        unbound = await self.listen()
        if not self.device.spec.rmcp:
            return unbound
        try:
            self._pings, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                partial(RmcpProtocol, self.device), local_addr=(self.device.address, PORT_RMCP)
            )
        except OSError as error:
            unbound.append(f"udp {self.device.address}:{PORT_RMCP}: {error.strerror}")
        return unbound

    async def listen(self) -> list[str]:
        """Bring sockets and hello messages in line with the device's faults and set-up."""
        if self.device.is_restarting and self._restarting is None:
            self._restarting = asyncio.get_running_loop().create_task(self._restart())
            return []
        async with self._changes:
            if self.device.is_off_network:
                await asyncio.sleep(FALLS_ASLEEP_SECONDS)
            self._hello.follow()
            return await self._relisten()

    def follow_time(self) -> None:
        """Close what may not be open any longer, such as the set-up interface of yesterday."""
        if self._state is not None and self._state != self._wanted():
            asyncio.get_running_loop().create_task(self.listen())

    @property
    def _closed(self) -> frozenset[Fault]:
        """Return what keeps everybody out: faults, or a power policy."""
        asleep = {Fault.UNPLUGGED} if self.device.is_off_network else set()
        return self.device.faults & {Fault.REFUSES, Fault.UNPLUGGED} | asleep

    def _wanted(self) -> tuple[tuple[int, ...], bool, frozenset[Fault]]:
        """Return what the sockets follow: ports, is it set up, faults that they show."""
        shown = self.device.faults & {*broken.TLS, Fault.WANTS_CLIENT_CERTIFICATE}
        return tuple(self.ports), self.device.set_up.is_done, self._closed | shown

    async def _relisten(self) -> list[str]:
        if (state := self._wanted()) == self._state:
            return []
        self._state, closed, ports = state, self._closed, state[0]
        self.deafen()
        await settle()
        self._close_sockets()
        self.connections.at_home = not closed
        is_away = not {PORT_HTTP, PORT_HTTPS} & set(ports)
        if closed or (is_away and not self._restarting):
            self._close_connections()
        unbound = []
        for port in () if Fault.REFUSES in closed else ports:
            try:
                if closed:
                    self._block(port)
                else:
                    await self._serve(port)
            except OSError as error:
                unbound.append(f"tcp {self.device.address}:{port}: {error.strerror}")
        return unbound

    async def _restart(self) -> None:
        """Let the last answer go out, be off the network for a while, and come back."""
        async with self._changes:
            self._hello.follow()
            await self._relisten()
        await asyncio.sleep(self.device.latency_ms / 1000 + ANSWER_SECONDS)
        self._close_connections()
        await asyncio.sleep(self.device.spec.restart_ms / 1000)
        self._restarting = None
        async with self._changes:
            self._hello.follow()
            await self._relisten()
        self.device.restarts_done = self.device.restarts

    @property
    def is_visited(self) -> bool:
        """Return whether there are connections."""
        return bool(self.connections or self._tunnels)

    def rest(self) -> None:
        """Begin nothing new: no hello message, no return to the network."""
        self._hello.stop()
        if self._restarting:
            self._restarting.cancel()

    def deafen(self) -> None:
        """Accept no more; asyncio loses sockets if a server closes while it accepts one."""
        loop = asyncio.get_running_loop()
        for server in self._servers:
            for listening in server.sockets:
                loop.remove_reader(listening.fileno())

    def stop(self) -> None:
        """Close everything."""
        self.connections.at_home = False
        self._close_sockets()
        self._close_connections()
        if self._pings:
            self._pings.close()

    def sweep(self, now: float) -> None:
        """Close the connections whose time is over."""
        for connection in [*self.connections, *self._tunnels]:
            if connection.is_overdue(now):
                connection.abort()

    async def _serve(self, port: int) -> None:
        lms = self.device.spec.lms
        is_tls, faults = port in TLS_PORTS, self.device.faults
        if is_tls and faults & broken.TLS:
            await self._serve_broken_tls(port, next(iter(faults & broken.TLS)))
            return
        if port == PORT_HTTPS and not self.device.set_up.is_done:
            await self._serve_set_up(port)
            return
        context = LazyContext.of(
            self.device.certificate,
            self.device.profile,
            wants_client=Fault.WANTS_CLIENT_CERTIFICATE in faults,
        )
        answering = partial(self._answering, Door.LOCAL if port == lms else Door.NETWORK)
        server = await asyncio.get_running_loop().create_server(
            answering
            if port in (*HTTP_PORTS, lms)
            else partial(RedirectionConnection, self.device),
            sock=_bound(self.device.address, port),
            backlog=BACKLOG,
            ssl=context if is_tls else None,
            ssl_handshake_timeout=REQUEST_SECONDS if is_tls else None,
        )
        self._servers.append(server)

    def _answering(self, door: Door) -> HttpConnection:
        return HttpConnection(self.device, self._services, self.connections, door)

    async def _serve_set_up(self, port: int) -> None:
        """Serve TLS that lets in provisioning servers only; a shared key is no sign-in yet."""
        door = Door.NETWORK if self.device.uses_shared_key else Door.SET_UP
        server = await asyncio.get_running_loop().create_server(
            partial(SetUpTls, self.device, partial(self._answering, door), self._tunnels),
            sock=_bound(self.device.address, port),
            backlog=BACKLOG,
        )
        self._servers.append(server)

    async def _serve_broken_tls(self, port: int, fault: Fault) -> None:
        loop, listening = asyncio.get_running_loop(), _bound(self.device.address, port)
        server = await loop.create_server(partial(broken.BrokenTls, fault), sock=listening)
        self._servers.append(server)

    def _block(self, port: int) -> None:
        """Let connections time out: the queue is full, and nobody takes from it."""
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
        for connection in [*self.connections, *self._tunnels]:
            connection.abort()


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
