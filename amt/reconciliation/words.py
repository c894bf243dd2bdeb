"""Sentences for what a run found."""

from amt.reconciliation.matching import Doubt, Reason

BY = {
    Reason.PERSON: "a person said so",
    Reason.LINKED: "together since an earlier run",
    Reason.UUID: "same UUID",
    Reason.UUID_SWAPPED: "same UUID, its bytes in the other order",
    Reason.SERIAL: "same serial number",
    Reason.MAC: "same MAC address",
    Reason.HOST_NAME: "same host name",
    Reason.SHORT_NAME: "same host name without its domain",
}
DOUBTS = {
    Doubt.SEVERAL_MANAGED: "Several managed devices have the {mark} of {discovered}. "
    "Delete those that are gone, or say which one it is.",
    Doubt.SEVERAL_DISCOVERED: "{discovered} has the {mark} of {device}, and so has another "
    "discovered device. Say which one it is.",
    Doubt.CONTRADICTION: "{discovered} is one device by its {mark}, and another by other marks. "
    "Say which one it is.",
    Doubt.OTHER_UUID: "{discovered} has the {mark} of {device}, but another UUID. If its board was "
    "replaced, say that it is the same PC.",
    Doubt.CHANGED_UUID: "{device} reports another UUID than {discovered}, with which it was "
    "brought together. If its board was replaced, say that it is the same PC; if its agent runs "
    "on another PC, that it is not.",
    Doubt.OTHER_SERIAL: "{discovered} has the {mark} of {device}, but another serial number. A "
    "dock, or a name given to another PC? Say whether it is the same.",
    Doubt.JOIN_BY_NAME: "{discovered} is managed already, and {device} has its {mark}. A name "
    "alone is not enough to make one device of two: say whether it is the same PC.",
    Doubt.OTHER_FOLDER: "{discovered} is managed in another folder, and {device} has its {mark}. "
    "What a PC says of itself moves no device to other folders: say whether it is the same PC.",
    Doubt.BOTH_SET_UP: "{discovered} and {device} are one PC by {mark}, but both are set up. "
    "Delete the settings of one; the next run makes one device of them.",
    Doubt.BUSY: "{discovered} and {device} are one PC by {mark}, but orders are under way. The "
    "next run tries again.",
}
MARKS = {
    Reason.PERSON: "decision",
    Reason.LINKED: "place",
    Reason.UUID: "UUID",
    Reason.UUID_SWAPPED: "UUID",
    Reason.SERIAL: "serial number",
    Reason.MAC: "MAC address",
    Reason.HOST_NAME: "host name",
    Reason.SHORT_NAME: "host name",
}
SAME_PC = "If it is the same PC, delete {pc} and install the agent with a token of {device}."
# Of a PC that reports and a device that was set up by hand: nobody can be asked, what to do is said
REPORT_DOUBTS = {
    Doubt.SEVERAL_MANAGED: "{pc} reports the {mark} of {device} and of other devices that are set "
    "up. Delete those that are gone.",
    Doubt.SEVERAL_DISCOVERED: "{pc} and other PCs report the {mark} of {device}. Delete those that "
    "are gone; after a copy of a disk, enrol each PC anew.",
    Doubt.CONTRADICTION: "{pc} is {device} by its {mark}, and another device by other marks. "
    "Delete the one that is gone.",
    Doubt.OTHER_FOLDER: "{pc} reports the {mark} of {device}, which is set up in another folder. "
    "Move {pc} into its folder if it is the same PC.",
    Doubt.OTHER_UUID: "{pc} reports the {mark} of {device}, but another UUID. " + SAME_PC,
    Doubt.OTHER_SERIAL: "{pc} reports the {mark} of {device}, but another serial number. "
    + SAME_PC,
    Doubt.JOIN_BY_NAME: "{pc} reports the {mark} of {device}, which is set up. " + SAME_PC,
    Doubt.BOTH_SET_UP: "{pc} reports the {mark} of {device}, but both are set up. Delete the "
    "settings of one; the next run makes one device of them.",
    Doubt.BUSY: "{pc} reports the {mark} of {device}, but orders are under way. The next run tries "
    "again.",
}
TWO_UUIDS = "Its agent reports another UUID than Intel AMT told. If the agent runs on another PC, "
TWO_UUIDS += "revoke it; if the board was replaced, delete the setting and set the device up anew."
TWICE = "Agents of {names} report one {mark}: a PC that was installed anew, or a copy of a disk. "
TWICE += "Delete the devices that are gone; enrol copies anew."
GIVEN = "The agent that reported as {pc} reports of it now: {by}."
REPLACED = "It was linked to {device}. A person said that another discovered device sits there now."
MORE = "And {number:,} more, as {discovered} is. Nothing is decided of them one by one."
UNMATCHED = "No managed device has its UUID, serial number, MAC address or host name."
SAID_NOT = "A person said that it is not {devices}, and nothing else is like it. The page of "
SAID_NOT += "reconciliation lists the decisions; each can be taken back."
NO_MARKS = "Its agent told no UUID, serial number, MAC address or host name that is its own, so "
NO_MARKS += "nothing can be compared: enter a serial number or host name on its page."
NEVER = "It was never inventoried, so nothing can be compared: install the agent, or import a "
NEVER += "serial number or host name."


def matched(reason: Reason) -> str:
    """Return why two are one."""
    return f"Brought together: {BY[reason]}."


def report_doubt(kind: Doubt, reason: Reason, pc: str, device: str) -> str:
    """Return why a PC that reports and a device that was set up by hand stay two."""
    return REPORT_DOUBTS[kind].format(mark=MARKS[reason], pc=pc, device=device)


def doubt(kind: Doubt, reason: Reason, discovered: str, device: str) -> str:
    """Return why a person has to decide, and what."""
    return DOUBTS[kind].format(mark=MARKS[reason], discovered=discovered, device=device)
