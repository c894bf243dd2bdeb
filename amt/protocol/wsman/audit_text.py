"""Words for the records of the audit log: application and event to a phrase."""

from __future__ import annotations

from datetime import UTC, datetime

APPLICATIONS = {
    16: "Security administration",
    17: "Remote control",
    18: "Redirection",
    19: "Firmware update",
    20: "Audit log",
    21: "Network time",
    22: "Network administration",
    23: "Storage administration",
    24: "Event manager",
    25: "System defense",
    26: "Agent presence",
    27: "Wireless",
    28: "Endpoint access control",
    29: "KVM",
    30: "User consent",
    32: "Screen blanking",
    33: "Watchdog",
}
EVENTS = {
    1600: "Provisioning started",
    1601: "Provisioning completed",
    1602: "Account added",
    1603: "Account changed",
    1604: "Account removed",
    1605: "Sign-in with a wrong login",
    1606: "Account switched on or off",
    1607: "TLS switched",
    1608: "Certificate set",
    1609: "Certificate removed",
    1610: "Trusted root added",
    1611: "Trusted root removed",
    1612: "Pre-shared key set",
    1618: "Raised to admin control mode",
    1619: "Unprovisioning started",
    1700: "Power On",
    1701: "Power Off",
    1702: "Power Cycle Reset",
    1703: "Reset",
    1704: "Boot options set",
    1705: "Graceful off",
    1706: "Graceful reset",
    1707: "Standby",
    1708: "Hibernate",
    1709: "Non-maskable interrupt",
    1800: "Disk redirection opened",
    1801: "Disk redirection closed",
    1802: "Disk redirection switched on",
    1803: "Disk redirection switched off",
    1804: "Serial over LAN opened",
    1805: "Serial over LAN closed",
    1806: "Serial over LAN switched on",
    1807: "Serial over LAN switched off",
    1808: "KVM session opened",
    1809: "KVM session closed",
    1810: "KVM switched on",
    1811: "KVM switched off",
    1812: "VNC password was wrong three times",
    1900: "Firmware updated",
    2000: "Audit log cleared",
    2001: "Audit policy changed",
    2002: "Audit log switched off",
    2003: "Audit log switched on",
    2004: "Audit log exported",
    2005: "Audit log recovered",
    2100: "Time set",
    2200: "TCP/IP settings changed",
    2201: "Host name changed",
    2202: "Domain name changed",
    2203: "VLAN settings changed",
    2204: "Link policy changed",
    2205: "IPv6 settings changed",
    2400: "Alerts subscribed",
    2401: "Alerts unsubscribed",
    2402: "Event log cleared",
    2403: "Event log frozen",
    2900: "KVM consent switched on",
    2901: "KVM consent switched off",
    2902: "KVM password changed",
    2903: "KVM consent given",
    2904: "KVM consent failed",
    3000: "Consent policy changed",
    3001: "Consent code sent",
    3002: "Consent refused to begin: blocked",
}
CONSENT = ("for nothing", "for KVM", "for everything")
TLS_MODES = ("off", "server certificate", "both certificates")


def describe(application: int, event: int, extended: bytes) -> str:
    """Return one phrase for a record.

    Source: amt-protocol.md 10.3.
    """
    area = APPLICATIONS.get(application, f"Application {application}")
    key = 100 * application + event if event < 100 else 0  # beyond, it is another one's key
    phrase = EVENTS.get(key, f"{area}, event {event}")
    more = _more(key, extended)
    return f"{phrase}: {more}" if more else phrase


def _more(key: int, data: bytes) -> str:
    """Return what the extended data add; of an unexpected length they add nothing."""
    if key == 1605 and len(data) == 1:
        return {0: "Management Engine", 1: "MEBx"}.get(data[0], "")
    if key == 1607 and len(data) == 2:
        return f"remote {_tls(data[0])}, local {_tls(data[1])}"
    if key == 1900 and len(data) == 16:
        parts = [str(int.from_bytes(data[at : at + 2], "big")) for at in range(0, 16, 2)]
        return f"{'.'.join(parts[:4])}, now {'.'.join(parts[4:])}"
    if key == 2100 and len(data) == 4:
        return f"{datetime.fromtimestamp(int.from_bytes(data, 'big'), UTC):%Y-%m-%d %H:%M:%S} UTC"
    if key == 3000 and len(data) == 2:
        return f"{_consent(data[0])}, now {_consent(data[1])}"
    return ""


def _tls(mode: int) -> str:
    return TLS_MODES[mode] if mode < len(TLS_MODES) else f"mode {mode}"


def _consent(policy: int) -> str:
    return CONSENT[policy] if policy < len(CONSENT) else f"policy {policy}"
