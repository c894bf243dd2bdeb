"""The topics of Help and the pages that each explains. The texts are templates/help/<slug>.html.

A page is named as ``help_slug`` of the context processor names it: ``devices-job``. A new page or
dialog needs its name in one topic's ``pages``; a test walks every address and says which lack one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from devices import codes, levels
from devices.models.rights import ONLY_IN_ZONE, ROLE_RIGHTS, Right, Role


@dataclass(frozen=True)
class Topic:
    """One text of Help."""

    slug: str
    group: str
    title: str
    summary: str
    pages: tuple[str, ...] = ()

    @property
    def template(self) -> str:
        return f"help/{self.slug}.html"


TOPICS = (
    Topic(
        "home",
        "Every day",
        "Home, search and the frame of every page",
        "Counts that lead to their lists, what needs a person, the bar, the search.",
        (
            *("devices-home", "devices-search", "devices-find", "devices-help"),
            *("power-chart", "amt-home-notes"),
        ),
    ),
    Topic(
        "devices",
        "Every day",
        "Devices and folders",
        "The list, its filters and selection; folders; new, edit, move, delete.",
        (
            "devices-devices",
            "devices-folder",
            "devices-device-new",
            "devices-device-edit",
            "devices-device-edit-ticked",
            "devices-devices-delete",
            "devices-devices-move",
            "devices-folder-new",
            "devices-folder-rename",
            "devices-folder-move",
            "devices-folder-delete",
            "devices-folder-lookup",
            *("devices-filter-inventory", "devices-searches", "devices-save-search"),
            "devices-edit-search",
        ),
    ),
    Topic(
        "states",
        "Every day",
        "Power states",
        "What was seen, how old it is, and why unknown is never off.",
        ("devices-device", "devices-device-tasks"),
    ),
    Topic(
        "power",
        "Every day",
        "Quick Tasks: power off, on, reset",
        "The dialog, the four verbs, what counts as done, what is never sent twice.",
        ("power-dialog",),
    ),
    Topic(
        "tasks",
        "Every day",
        "Tasks and their lines",
        "Every status, waiting and expiry, Stop the rest, Retry, CSV.",
        ("devices-jobs", "devices-job", "devices-job-line", "devices-task-status"),
    ),
    Topic(
        "messages",
        "Every day",
        "Messages: what devices tell",
        "What becomes a message, acknowledge one or many, delete, what goes by itself.",
        ("devices-messages", "devices-device-messages"),
    ),
    Topic(
        "calendar",
        "Every day",
        "Calendar: what schedules did and will do",
        "Week and list, what will be skipped and why, pause, skip one, export, feed.",
        (
            "power-calendar",
            "power-folder-calendar",
            "power-device-schedules",
            "power-schedule",
            "power-calendar-feed",
            "power-pause",
        ),
    ),
    Topic(
        "codes",
        "Every day",
        "Codes of a line: cause and next step",
        "Each code that a line can end with, and what to do about it.",
        ("devices-help-code",),
    ),
    Topic(
        "setup",
        "Set up",
        "Set up a PC for SMB mode",
        "From MEBx at the PC to the first power order.",
    ),
    Topic(
        "smb",
        "Set up",
        "SMB settings and Test connection",
        "Address, credential, server, addressing, TLS, and what the test says.",
        ("amt-settings", "amt-test-device", "amt-test-connection"),
    ),
    Topic(
        "vault",
        "Set up",
        "Credential Vault",
        "Credentials, passwords and their rules, where used.",
        (
            "vault-credentials",
            "vault-credential",
            "vault-new",
            "vault-edit",
            "vault-change-password",
            "vault-delete",
            "vault-lookup",
            "vault-where-used",
            "amt-test-credential",
        ),
    ),
    Topic(
        "certificates",
        "Set up",
        "Certificates, hashes and setup.bin",
        "What a device trusts, requests, import and its verdicts, MEBx, USB stick, zman.",
        (
            "amt-certificates",
            "amt-certificate",
            "amt-create-certificate",
            "amt-create-request",
            "amt-import-certificate",
            "amt-delete-certificate",
            "amt-zone-hashes",
            "amt-mebx-card",
            "amt-setup-file",
            "amt-zone-change",
        ),
    ),
    Topic(
        "discovered",
        "Set up",
        "Discovered devices",
        "Hello messages, which devices trust this zone, how long an entry is valid.",
        (
            "amt-discovered",
            "amt-discovered-device",
            "amt-examine-discovered",
            "amt-orphaned",
            "amt-discovery-tasks",
            "amt-new-discovery-task",
            "amt-discovery-task",
            "amt-discovery-run",
        ),
    ),
    Topic(
        "inventory",
        "Set up",
        "Inventory",
        "What the agent reports and what Intel AMT tells with the PC off, and what changed.",
        ("amt-inventory", "amt-inventories"),
    ),
    Topic(
        "agents",
        "Set up",
        "Agents",
        "Tokens for one PC or many, how to install and revoke, PCs that were installed anew.",
        ("devices-agents", "devices-install-agent"),
    ),
    Topic(
        "reconciliation",
        "Set up",
        "Reconciliation",
        "How a Management Engine and the managed PC it sits in become one, and what you decide.",
        ("amt-reconciliation", "amt-reconciliation-run"),
    ),
    Topic(
        "csv",
        "Set up",
        "Import from CSV",
        "The columns, the check without import, lines to correct.",
        ("amt-csv-import",),
    ),
    Topic(
        "servers",
        "Set up",
        "Servers",
        "Who sends to which device, silent servers, the device a server runs on.",
        (
            "devices-servers",
            "devices-server",
            "devices-server-rename",
            "devices-server-delete",
            "devices-server-lookup",
        ),
    ),
    Topic(
        "settings",
        "The zone",
        "Settings by level",
        "Zone, folder, device: override, revert, and every setting there is.",
        (
            "devices-configuration",
            "devices-zone-settings",
            "devices-setting-overrides",
            "devices-folder-settings",
            "devices-device-settings",
        ),
    ),
    Topic(
        "schedules",
        "The zone",
        "Power Management Settings and the Schedule Editor",
        "Schedule types, missed runs, clock changes, hold-off, limited starts.",
        ("power-schedule-editor",),
    ),
    Topic(
        "rights",
        "The zone",
        "Administrators, roles and rights",
        "Accounts, roles on folders, who may do what.",
        (
            "devices-administrators",
            "devices-new-administrator",
            "devices-person",
            "devices-edit-person",
            "devices-reset-person",
            "devices-assign-role",
            "devices-change-role",
        ),
    ),
    Topic(
        "audit",
        "The zone",
        "Audit and User Comments",
        "Who did what, from where; what people wrote about pages.",
        ("devices-audit", "devices-device-audit", "devices-comments", "devices-comment"),
    ),
    Topic(
        "account",
        "You",
        "Signing in and your own settings",
        "Password, lock-out, links, time zone, light and dark.",
        ("devices-change-password", "devices-preferences"),
    ),
    Topic(
        "keyboard",
        "You",
        "Keyboard",
        "Every key, and how to switch single letters off.",
    ),
    Topic(
        "practice",
        "You",
        "The practice zone",
        "Simulated devices to learn, rehearse and break.",
    ),
)
BY_NAME: Mapping[str, Topic] = {
    name: topic for topic in TOPICS for name in (topic.slug, *topic.pages)
}


def groups() -> list[tuple[str, list[Topic]]]:
    """Return the topics under their headings."""
    return [(name, list(found)) for name, found in groupby(TOPICS, lambda topic: topic.group)]


class Facts:
    """What texts take from the code, so that they cannot go stale; read when a text uses it."""

    @cached_property
    def codes(self) -> list[tuple[str, list[codes.Code]]]:
        return codes.by_group(codes.declared())

    @cached_property
    def settings(self) -> list[tuple[levels.Key[Any], str, str]]:
        """Return each setting by level with its default and the levels it may have, in words."""
        return [(key, key.told(key.default), ", ".join(key.levels)) for key in levels.declared()]

    @cached_property
    def roles(self) -> list[Any]:
        return list(Role)

    @cached_property
    def rights(self) -> list[tuple[str, list[bool], bool]]:
        """Return each right: its words, whether each role gives it, whether only in the zone."""
        return [
            (right.label, [right in ROLE_RIGHTS[role] for role in Role], right in ONLY_IN_ZONE)
            for right in Right
        ]
