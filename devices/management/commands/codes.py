"""Print the catalogue of codes as docs/codes.md holds it."""

from typing import Any

from django.core.management.base import BaseCommand

from devices import codes

HEAD = """# Codes

How a task's line, or a reading, can end but *done*. A code never changes its name. Help has a page
for each (`/help/codes/<code>/`) with what to check and the settings that decide about it.
`./run manage codes` makes this page of the catalogue in the code, and a test compares them.
"""


def document() -> str:
    """Return the catalogue as Markdown."""
    parts = [HEAD]
    for group, found in codes.by_group(codes.declared()):
        parts.append(f"\n## {group}\n\n| Code | The line says | Ends as | Sent | What to do |")
        parts.append("|---|---|---|---|---|")
        parts += [_row(code) for code in found]
    return "\n".join(parts) + "\n"


def _row(code: codes.Code) -> str:
    ends, sent = ", ".join(code.ends), code.is_sent.replace("maybe", "perhaps")
    return f"| `{code.code}` | {code.sentence} | {ends} | {sent} | {code.next_step} |"


class Command(BaseCommand):
    help = "Print the catalogue of stable codes as a page of the documentation."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(document(), ending="")
