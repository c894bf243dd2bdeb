"""Reads the client's certificates out of a TLS handshake below 1.3, where they are in the clear."""

RECORD_HEADER, MESSAGE_HEADER = 5, 4  # bytes
CHANGE_CIPHER_SPEC, HANDSHAKE = 20, 22  # kinds of record
CERTIFICATE = 11  # kind of handshake message


class HandshakeReader:
    """Feed it what the client sends; ``chain`` is there once its Certificate message was whole."""

    def __init__(self) -> None:
        self.chain: list[bytes] | None = None
        self.version = b"\x03\x01"  # of the client's last record
        self._records = bytearray()
        self._messages = bytearray()
        self._is_over = False  # what follows is encrypted

    def feed(self, data: bytes) -> None:
        """Take bytes; whatever is no handshake is left to OpenSSL to refuse."""
        if self._is_over or self.chain is not None:
            return
        self._records += data
        while len(self._records) >= RECORD_HEADER:
            length = int.from_bytes(self._records[3:RECORD_HEADER], "big")
            if len(self._records) < RECORD_HEADER + length:
                return
            self.version = bytes(self._records[1:3])
            self._take(self._records[0], bytes(self._records[RECORD_HEADER:][:length]))
            del self._records[: RECORD_HEADER + length]

    def _take(self, kind: int, body: bytes) -> None:
        if kind != HANDSHAKE:
            self._is_over = self._is_over or kind == CHANGE_CIPHER_SPEC
            return
        self._messages += body
        while not self._is_over and len(self._messages) >= MESSAGE_HEADER:
            length = int.from_bytes(self._messages[1:MESSAGE_HEADER], "big")
            if len(self._messages) < MESSAGE_HEADER + length:
                return
            if self._messages[0] == CERTIFICATE and self.chain is None:
                self.chain = _certificates(bytes(self._messages[MESSAGE_HEADER:][:length]))
            del self._messages[: MESSAGE_HEADER + length]


def _certificates(body: bytes) -> list[bytes]:
    """Return the certificates of a message: three bytes of length before each, and before all."""
    found, at = [], 3
    while at + 3 <= len(body):
        length = int.from_bytes(body[at : at + 3], "big")
        found.append(body[at + 3 : at + 3 + length])
        at += 3 + length
    return found
