"""Words for the records of the event log. No sockets, no records: three numbers to a sentence."""

from __future__ import annotations

ERRORS = (
    "unspecified",
    "no memory is installed",
    "memory is unusable",
    "the disk failed",
    "the system board failed",
    "the diskette failed",
    "the disk controller failed",
    "no keyboard, or it failed",
    "no bootable medium",
    "the video controller failed",
    "no video device",
    "the BIOS image is corrupt",
    "CPU voltages do not match",
    "CPU speeds do not match",
)
PROGRESS = {
    0: "unspecified step",
    1: "memory set up",
    2: "disks set up",
    3: "secondary processors set up",
    4: "waiting for a password",
    5: "entering BIOS setup",
    6: "USB set up",
    7: "PCI resources assigned",
    8: "option ROMs run",
    9: "video set up",
    10: "cache set up",
    11: "SMBus set up",
    12: "keyboard controller set up",
    13: "embedded controller set up",
    14: "docking station attached",
    15: "docking station enabled",
    16: "docking station ejected",
    17: "docking station disabled",
    18: "OS resumes from standby",
    19: "OS starts to boot",
    20: "system board set up",
    22: "diskette drive set up",
    23: "keyboard tested",
    24: "pointing device tested",
    25: "primary processor set up",
}
SESSIONS = (
    "Serial over LAN opened",
    "Serial over LAN closed",
    "Disk redirection opened",
    "Disk redirection closed",
)
WATCHDOG = {1: "not started", 2: "stopped", 4: "running", 8: "expired", 16: "suspended"}
PLAIN = {
    5: "Case opened",
    29: "Boot begun",
    30: "No bootable medium",
    31: "OS booted",
    32: "OS locked up",
    35: "Boot failed",
    37: "Firmware started",
}


def describe(sensor: int, offset: int, data: bytes) -> str:
    """Return one phrase for a record.

    Source: amt-protocol.md 10.2.
    """
    if sensor == 6:
        return f"Sign-in failed {data[1] + 256 * data[2]} times"
    if sensor == 15:
        return _firmware(offset, data)
    if sensor == 18 and data[0] == 0xAA:
        return f"Agent watchdog {WATCHDOG.get(data[7], f'state {data[7]}')}"
    if sensor == 36:
        return f"System defense filter {data[1:5].hex()} matched"
    if sensor == 192 and data[:2] == b"\xaa\x30" and data[2] < len(SESSIONS):
        return SESSIONS[data[2]]
    if sensor == 193 and data[:2] == b"\xaa\x30":
        return "The user asks for a remote connection"
    return PLAIN.get(sensor, f"Sensor {sensor}, offset {offset}")


def _firmware(offset: int, data: bytes) -> str:
    if data[0] == 0xEB:
        return "Firmware reported nothing valid"
    if data[0] == 0xAA and data[1] == 0x30:
        return f"One-click recovery, {'error' if offset == 3 else 'step'} {data[2]}"
    if data[0] == 0xAA and data[1] == 0x40:
        return f"Platform erase, step {data[2]}"
    if offset == 0:
        known = data[1] < len(ERRORS)
        return f"Firmware error: {ERRORS[data[1]] if known else f'number {data[1]}'}"
    step = PROGRESS.get(data[1], f"step {data[1]}")
    return f"Firmware {'hung' if offset == 1 else 'progress'}: {step}"
