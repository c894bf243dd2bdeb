"""TLS of the set-up interface: lets in whom the list of hashes trusts, and nobody else.

OpenSSL wants to know its roots beforehand; firmware knows their hashes only. So the client's chain
is read as it comes by, judged by ``client_chain``, and its leaf made the one certificate that
OpenSSL trusts for this connection. OpenSSL then sees to it that the client has the leaf's key.
"""

import asyncio
import base64
import ssl
import tempfile
import time
from collections.abc import Callable
from typing import Any, cast

from .client_chain import Refusal, refusal_of
from .device import Device
from .handshake_reader import HandshakeReader

READ_BYTES = 65_536
HANDSHAKE_SECONDS = 10
ALERTS = {
    Refusal.NO_CERTIFICATE: 40,  # handshake_failure
    Refusal.NO_SHARED_KEY: 40,
    Refusal.BAD_CERTIFICATE: 42,
    Refusal.EXPIRED: 45,  # certificate_expired
    Refusal.NOT_YET_VALID: 45,
    Refusal.HASH_MISSING: 48,  # unknown_ca
    Refusal.HASH_INACTIVE: 48,
    Refusal.HASH_NOT_TAKEN: 48,
    Refusal.CHAIN_INCOMPLETE: 48,
}
UNSUPPORTED_CERTIFICATE = 43
PSK_CIPHERS = "PSK-AES128-CBC-SHA:PSK-AES256-CBC-SHA:RSA-PSK-AES128-CBC-SHA:@SECLEVEL=0"
# X509_CERT_AUX of OpenSSL: trusted as a client, whatever its purposes say
TRUSTED_CLIENT = bytes.fromhex("300c300a06082b06010505070302")
PEM = "-----BEGIN TRUSTED CERTIFICATE-----\n{}-----END TRUSTED CERTIFICATE-----\n"


class SetUpTls(asyncio.Protocol):
    """One connection to port 16993 of a device that waits to be set up."""

    def __init__(
        self,
        device: Device,
        make_protocol: Callable[[], asyncio.Protocol],
        tunnels: "set[SetUpTls]",
    ) -> None:
        self._device = device
        self._tunnels = tunnels
        self._make_protocol = make_protocol
        self._inner: asyncio.Protocol | None = None  # once the client was let in
        self._reader = HandshakeReader()
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._context: ssl.SSLContext | None = None
        self._is_judged = device.uses_shared_key
        self._since = time.monotonic()
        self._transport: asyncio.Transport
        self._tls: ssl.SSLObject

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the client's hello, with a context of its own for each connection."""
        self._transport = cast(asyncio.Transport, transport)
        self._tunnels.add(self)
        context = set_up_context(self._device)
        if context is None:
            self._refuse(Refusal.NO_SHARED_KEY)
            return
        self._context = context
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def data_received(self, data: bytes) -> None:
        """Go on with the handshake, or hand on what was said."""
        if self._transport.is_closing() or self._context is None:
            return
        self._incoming.write(data)
        if not self._is_judged:
            self._reader.feed(data)
            if self._reader.chain is not None and not self._judge(self._reader.chain):
                return
        try:
            if self._inner is None:
                self._tls.do_handshake()
                self._let_in()
            self._hand_on()
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLError:
            self._note_failure()
            self._flush()
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        """Tell the web server."""
        self._tunnels.discard(self)
        if self._inner:
            self._inner.connection_lost(error)

    def pause_writing(self) -> None:
        """Pass it on."""
        if self._inner:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Pass it on."""
        if self._inner:
            self._inner.resume_writing()

    def write(self, data: bytes) -> None:
        """Encrypt and send."""
        self._tls.write(data)
        self._flush()

    def close(self) -> None:
        """Say goodbye and close once all is sent."""
        if self._transport.is_closing():
            return
        try:
            self._tls.unwrap()
        except ssl.SSLError:
            self._flush()
        self._transport.close()

    def is_overdue(self, now: float) -> bool:
        """Return whether the handshake takes too long."""
        return self._inner is None and now - self._since > HANDSHAKE_SECONDS

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    def _judge(self, chain: list[bytes]) -> bool:
        """Return whether the client is let in, if it has the key."""
        self._is_judged = True
        refusal = refusal_of(chain, self._device.trust)
        self._device.last_refusal = refusal
        if refusal:
            self._refuse(refusal)
            return False
        assert self._context is not None  # noqa: S101 - it was there before there were bytes
        trust_leaf(self._context, chain[0])
        return True

    def _refuse(self, refusal: Refusal) -> None:
        self._device.last_refusal = refusal
        alert = ALERTS.get(refusal, UNSUPPORTED_CERTIFICATE)
        self._transport.write(_alert(self._reader.version, alert))
        self._transport.close()

    def _note_failure(self) -> None:
        """Remember that a trusted chain was shown by somebody who has not its key."""
        if self._inner is None and self._reader.chain and not self._device.last_refusal:
            self._device.last_refusal = Refusal.NO_PROOF

    def _let_in(self) -> None:
        self._device.note_server()
        self._flush()
        self._inner = self._make_protocol()
        self._inner.connection_made(cast(asyncio.Transport, Inside(self, self._transport)))

    def _hand_on(self) -> None:
        assert self._inner is not None  # noqa: S101 - the handshake is done
        while not self._transport.is_closing():
            data = self._tls.read(READ_BYTES)
            if not data:
                self.close()
                return
            self._inner.data_received(data)

    def _flush(self) -> None:
        data = self._outgoing.read()
        if data and not self._transport.is_closing():
            self._transport.write(data)


class Inside:
    """What the web server takes for its transport: the inside of the tunnel."""

    def __init__(self, tunnel: SetUpTls, outside: asyncio.Transport) -> None:
        self._tunnel = tunnel
        self._outside = outside
        self.write = tunnel.write
        self.close = tunnel.close
        self.abort = outside.abort
        self.is_closing = outside.is_closing

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return what is known about the connection outside."""
        return self._outside.get_extra_info(name, default)


def set_up_context(device: Device) -> ssl.SSLContext | None:
    """Return a server context for one connection; None where Python's ssl knows no shared keys."""
    if not device.uses_shared_key:
        return device.certificate.set_up_context(device.profile)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    give_key = getattr(context, "set_psk_server_callback", None)  # from Python 3.13
    if give_key is None:
        return None
    context.set_ciphers(PSK_CIPHERS)
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    held = device.set_up
    give_key(lambda identity: held.pps.encode() if identity == held.pid else b"")
    return context


def trust_leaf(context: ssl.SSLContext, leaf: bytes) -> None:
    """Have OpenSSL let in who has the key of this certificate (DER)."""
    text = PEM.format(base64.encodebytes(leaf + TRUSTED_CLIENT).decode())
    with tempfile.NamedTemporaryFile("w", prefix="zcc-simulator-") as file:  # ssl reads files only
        file.write(text)
        file.flush()
        context.load_verify_locations(file.name)


def _alert(version: bytes, description: int) -> bytes:
    """Return a fatal alert as it is written before anything is encrypted."""
    return b"\x15" + version + bytes((0, 2, 2, description))
