"""Print the doctor's catalogue of causes as docs/doctor.md holds it."""

from typing import Any

from django.core.management.base import BaseCommand

from amt.doctor import diagnosis as diagnosis  # puts every kind into the catalogue
from amt.doctor.causes import KINDS, Kind
from amt.doctor.stages import Stage

HEAD = """# Provisioning doctor

Why a device will refuse, or did refuse, to be provisioned: on the page of a discovered device, and
as `zman iamt-doctor` (`idoc`) with a UUID, an address or a name. Each cause has a code that never
changes, the proof for it, and what to do. Nothing is said of what is not known.

- *Certain*: seen, or told by the device or by our own certificate: it will refuse.
- *Likely*: something that was seen speaks for it. *Possible*: nothing that was seen speaks against.

Certain causes come first, then those close to where it was seen to fail, then what is frequent. A
device that lets us in refutes what its list of roots seemed to say. Of several management
certificates of the server only the best one's causes count.

*Examine* (and `idoc` without `--offline`) looks at the device for 10 seconds at most: names, ports,
TLS without and with the management certificate, and, where that lets us in, what the device says of
its state, suffixes, address, clock and UUID. It reads only, and sends no password.
`./run manage causes` makes this page of the catalogue in the code, and a test compares them.
"""
TITLES = {
    Stage.ENTRY: "Before anything is sent",
    Stage.REACH: "On the way to the device",
    Stage.TLS: "TLS",
    Stage.TRUST: "The device judges our certificate",
    Stage.PASSWORD: "Passwords",
    Stage.SETTINGS: "Clock, keys, TLS settings",
    Stage.COMMIT: "Commit",
    Stage.BACK: "After the commit",
}


def document() -> str:
    """Return the catalogue as Markdown."""
    parts = [HEAD]
    for stage, title in TITLES.items():
        parts.append(f"\n## {title}\n\n| Code | Cause | Proof | What to do |\n|---|---|---|---|")
        parts += [_row(kind) for kind in KINDS.values() if kind.stage is stage]
    return "\n".join(parts) + "\n"


def _row(kind: Kind) -> str:
    shown = kind.example()
    return f"| `{kind.code}` | {shown.sentence} | {shown.proof} | {shown.next_step} |"


class Command(BaseCommand):
    help = "Print the doctor's catalogue of causes as a page of the documentation."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(document(), ending="")
