"""Wrap the vault's data keys under the current key. Say when an old key may go."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from devices import audit
from vault import crypto, keys, rekeying
from vault.keys import KeyRing
from vault.rekeying import Progress


class Command(BaseCommand):
    help = (
        "Wrap the data keys of all secrets under the first key of the ring. The console may go on "
        "meanwhile. After an interruption the same command goes on where it stopped."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare --batch and --new-key."""
        parser.add_argument(
            "--batch", type=int, default=500, metavar="N", help="rows in one transaction"
        )
        parser.add_argument(
            "--new-key",
            action="store_true",
            help="first put a new key at the head of vault.keys",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Re-wrap, then report what each key still wraps."""
        if options["batch"] < 1:
            raise CommandError("--batch must be 1 or more.")
        if options["new_key"]:
            self.add_key()
        ring = crypto.key_ring()
        progress = self.rewrap(ring, options["batch"])
        self.report(ring)
        if not progress.is_whole:
            raise CommandError(self.complaint(progress))

    def add_key(self) -> None:
        """Put a new key into the ring's file, which every process reads at its next use."""
        if settings.VAULT_KEYS:
            raise CommandError(
                "The keys come from ZCC_VAULT_KEYS: put the new one there, first in the list."
            )
        crypto.key_ring()  # makes the file where there is none yet
        self.stdout.write(f"Added key {keys.add_key()} to {keys.ring_file()}.")

    def rewrap(self, ring: KeyRing, batch: int) -> Progress:
        """Go through the rows and print the count after each batch."""
        total, progress = rekeying.count_stale(ring), Progress()
        self.stdout.write(f"{total} data keys are to be wrapped under key {ring.current}.")
        self.stdout.flush()
        for progress in rekeying.rewrap_all(ring, batch=batch):
            self.stdout.write(f"{progress.rewrapped} of {total} done")
            self.stdout.flush()
        new = {"key": ring.current, "rewrapped": progress.rewrapped}
        audit.record(None, "vault.rekey", new=new)
        return progress

    def report(self, ring: KeyRing) -> None:
        """Say what each key wraps, and which old one may be removed."""
        counts = rekeying.count_by_key()
        for key_id in sorted({*counts, *ring.ids}):
            mark = ", current" if key_id == ring.current else ""
            self.stdout.write(f"key {key_id}: {counts.get(key_id, 0)} data keys{mark}")
        for key_id in ring.ids:
            if key_id != ring.current and not counts.get(key_id):
                self.stdout.write(
                    f"Key {key_id} may be removed once every process uses the new ring. "
                    "Keep a copy as long as you keep backups from before this run."
                )

    def complaint(self, progress: Progress) -> str:
        """Say what could not be wrapped anew, and what to do."""
        told = [
            f"{count} data keys need key {key_id}, which the ring lacks: add it, then run again."
            for key_id, count in progress.missing.items()
        ]
        if progress.changed:
            named = ", ".join(progress.changed[:10])
            told.append(
                f"{len(progress.changed)} data keys were changed outside the console; "
                f"enter those passwords anew. Secrets: {named}"
            )
        return " ".join(told)
