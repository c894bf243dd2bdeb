"""What a program on the host has shown so far of its wish to take control (7.5)."""

import secrets
from collections import deque
from dataclasses import dataclass, field

NONCE_BYTES = 20
NONCES_KEPT = 4  # one is read by each Get and each enumeration


@dataclass
class HostSetup:
    """The certificates injected and the nonces given out."""

    chain: list[bytes] = field(default_factory=list)  # DER, the leaf first
    is_chain_complete: bool = False
    allows_client_control: bool = True
    nonces: deque[bytes] = field(default_factory=lambda: deque(maxlen=NONCES_KEPT))

    def new_nonce(self) -> bytes:
        """Return a nonce that nobody has seen."""
        self.nonces.append(secrets.token_bytes(NONCE_BYTES))
        return self.nonces[-1]

    def reset(self) -> None:
        """Forget an attempt: a failed one starts anew."""
        self.chain, self.is_chain_complete = [], False
        self.nonces.clear()
