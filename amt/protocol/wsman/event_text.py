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
RECOVERY_ERRORS = {
    1: "no network",
    2: "the server's name was not found",
    3: "the server could not be reached",
    4: "the manufacturer's program is missing",
    5: "the server's certificate was refused",
    6: "the server refused the login",
    7: "the image is not genuine",
    8: "the file was not found",
}
RECOVERY_STEPS = (
    "boot settings taken over",
    "boot option added",
    "the server's name was found",
    "connected to the server",
    "image downloaded",
    "boot attempted",
    "firmware left to the OS",
)
RECOVERY_SOURCES = {2: "HTTPS", 4: "local PBA", 8: "WinRE"}
ERASE_ERRORS = {
    1: "the SSD could not be erased",
    2: "the TPM cannot be erased",
    3: "tried too often",
}
ERASE_STEPS = {3: "begun", 4: "reserved settings cleared", 5: "all settings counted down"}
ERASE_PARTS = {2: "SSD", 3: "TPM", 5: "BIOS settings"}
FILTERS = {
    0xFFFFFFFD: "all received packets",
    0xFFFFFFFC: "all sent packets",
    0xFFFFFFFA: "packets of a forged sender",
}
SEVERITIES = {
    0: "unspecified",
    1: "monitor",
    2: "information",
    4: "OK",
    8: "non-critical",
    16: "critical",
    32: "non-recoverable",
}
ENTITIES = (
    "Unspecified",
    "Other",
    "Unknown",
    "Processor",
    "Disk",
    "Peripheral",
    "System management module",
    "System board",
    "Memory module",
    "Processor module",
    "Power supply",
    "Add-in card",
    "Front panel",
    "Back panel",
    "Power system board",
    "Drive backplane",
    "Expansion board",
    "Other board",
    "Processor board",
    "Power unit",
    "Power module",
    "Power management board",
    "Chassis back panel",
    "System chassis",
    "Sub-chassis",
    "Other chassis board",
    "Disk bay",
    "Peripheral bay",
    "Device bay",
    "Fan",
    "Cooling unit",
    "Cable",
    "Memory device",
    "System management software",
    "BIOS",
    "Management Engine",
    "System bus",
    "Group",
    "Management Engine",
    "External environment",
    "Battery",
)
SENSORS = {
    5: "Case",
    6: "Sign-in",
    15: "Firmware",
    18: "Watchdog",
    29: "Boot",
    30: "Boot",
    31: "OS",
    32: "OS",
    35: "Boot",
    36: "System defense",
    37: "Firmware",
    192: "Redirection",
    193: "User",
}
SESSIONS = (
    "Serial over LAN opened",
    "Serial over LAN closed",
    "Disk redirection opened",
    "Disk redirection closed",
)
WATCHDOG = {1: "not started", 2: "stopped", 4: "running", 8: "expired", 16: "suspended"}
PLAIN = {
    29: "Boot begun",
    30: "No bootable medium",
    31: "OS booted",
    32: "OS locked up",
    35: "Boot failed",
    37: "Firmware started",
}
ERROR = 3  # event offset of what recovery, erasing and manufacturers report as failed
OF_ENGINE, OF_ERASE = b"\xaa\x30", b"\xaa\x40"  # how the data of such records begin


def severity_name(number: int) -> str:
    """Return a word for how grave a record is.

    Source: amt-protocol.md 10.2.
    """
    return SEVERITIES.get(number, f"severity {number}")


def entity_name(index: int) -> str:
    """Return which part of a PC a record is about.

    Source: amt-protocol.md 10.2 (entity identifiers of IPMI).
    """
    return ENTITIES[index] if 0 <= index < len(ENTITIES) else f"Entity {index}"


def sensor_name(sensor: int) -> str:
    """Return what wrote a record, in a word or two.

    Source: amt-protocol.md 10.2.
    """
    return SENSORS.get(sensor, f"Sensor {sensor}")


def describe(sensor: int, offset: int, data: bytes) -> str:
    """Return one phrase for a record.

    Source: amt-protocol.md 10.2.
    """
    if sensor == 5 and offset == 0:
        return "Case opened"
    if sensor == 6:
        return f"Sign-in failed {data[1] + 256 * data[2]} times"
    if sensor == 15:
        return _firmware(offset, data)
    if sensor == 18 and data[0] == 0xAA:
        return f"Agent watchdog {WATCHDOG.get(data[7], f'state {data[7]}')}"
    if sensor == 35 and data[0] == 0x40:
        return "Boot failed: the self test did not end in time"
    if sensor == 36:
        return _defense(data)
    return _session(sensor, offset, data) or PLAIN.get(sensor, f"Sensor {sensor}, offset {offset}")


def _session(sensor: int, offset: int, data: bytes) -> str:
    if sensor == 192 and offset == 0 and data[:2] == OF_ENGINE and data[2] < len(SESSIONS):
        return SESSIONS[data[2]]
    if sensor == 193 and data[:4] == OF_ENGINE + b"\0\0":
        return "The user asks for a remote connection"
    return ""


def _defense(data: bytes) -> str:
    handle = int.from_bytes(data[1:5], "big")
    matched = FILTERS.get(handle)
    return f"System defense: {matched}" if matched else f"System defense filter {handle} matched"


def _firmware(offset: int, data: bytes) -> str:
    if data[0] == 0xEB:
        return "Firmware reported nothing valid"
    if data[:2] == OF_ENGINE:
        return f"One-click recovery: {_recovery(offset == ERROR, data)}"
    if data[:2] == OF_ERASE:
        return f"Platform erase: {_erase(offset == ERROR, data)}"
    if offset == 0:
        known = data[1] < len(ERRORS)
        return f"Firmware error: {ERRORS[data[1]] if known else f'number {data[1]}'}"
    if offset in (1, 2):
        step = PROGRESS.get(data[1], f"step {data[1]}")
        return f"Firmware {'hung' if offset == 1 else 'progress'}: {step}"
    return f"Firmware {'error' if offset == ERROR else 'event'} of the manufacturer's own"


def _recovery(is_error: bool, data: bytes) -> str:
    number = data[2]
    if is_error:
        return RECOVERY_ERRORS.get(number, f"error {number}")
    step = RECOVERY_STEPS[number] if number < len(RECOVERY_STEPS) else f"step {number}"
    source = RECOVERY_SOURCES.get(data[3]) if number == 1 else None
    return f"{step} ({source})" if source else step


def _erase(is_error: bool, data: bytes) -> str:
    number = data[2]
    if is_error:
        return ERASE_ERRORS.get(number, f"error {number}")
    if number in (1, 2):
        part = ERASE_PARTS.get(data[3], f"part {data[3]}")
        return f"{part} {'begun' if number == 1 else 'done'}"
    return ERASE_STEPS.get(number, f"step {number}")
