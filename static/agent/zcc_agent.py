#!/usr/bin/env python3
"""Report what this PC is to a zcc console. Python 3.8 or newer, Linux or Windows, nothing else.

    echo TOKEN | python3 zcc_agent.py install --server https://console   enrol, report every day
    python3 zcc_agent.py install --once --server https://console < FILE  the same for many PCs, any
                                                                         number of times
    echo TOKEN | python3 zcc_agent.py enrol --server https://console     enrol only
    python3 zcc_agent.py report                                          report once
    python3 zcc_agent.py show                                            print what would be sent

A report is JSON, signed with the key that enrolment gave: HMAC-SHA256 over time, sequence number
and body. The key lies in a file that only the administrator may read.
"""

import argparse
import hashlib
import hmac
import json
import os
import platform
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

VERSION = "1.0"
IS_WINDOWS = os.name == "nt"
HERE = Path(__file__).resolve()
DMI = Path("/sys/class/dmi/id")
NET = Path("/sys/class/net")
MOST_PROGRAMS = 5000
LONGEST = {"host_name": 255, "agent_version": 20}  # characters; of others 100
SECONDS = 30
SERVICE = """[Unit]
Description=Report this PC to the zcc console
After=network-online.target
Wants=network-online.target

[Service]
Type=oneshot
ExecStart="{python}" -I "{program}" report --state "{state}"
ReadWritePaths={state}
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=true
NoNewPrivileges=true
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
"""
TIMER = """[Unit]
Description=Report this PC to the zcc console every day

[Timer]
OnBootSec=5min
OnUnitActiveSec=1d
RandomizedDelaySec=1h

[Install]
WantedBy=timers.target
"""


def main():
    arguments = parsed()
    try:
        return COMMANDS[arguments.command](arguments)
    except Failed as error:
        print(f"zcc_agent: {error}", file=sys.stderr)
        return 1


class Failed(Exception):
    """What the person at the PC should read."""


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=sorted(COMMANDS))
    parser.add_argument("--server", help="address of the console, for enrol and install")
    parser.add_argument("--ca", type=Path, help="certificates to trust, PEM, for enrol and install")
    told = "install: keep the key of a PC that enrolled before"
    parser.add_argument("--once", action="store_true", help=told)
    parser.add_argument("--state", type=Path, default=default_state(), help="folder of the key")
    return parser.parse_args()


def default_state():
    if IS_WINDOWS:
        return Path(os.environ.get("PROGRAMDATA", "C:\\ProgramData")) / "zcc-agent"
    return Path("/var/lib/zcc-agent")


def enrol(arguments):
    """Exchange the token on standard input for a key of one's own."""
    if not arguments.server:
        raise Failed("--server is missing.")
    token = sys.stdin.readline().strip().lstrip("\ufeff")  # of editors on Windows
    state = {"server": arguments.server.rstrip("/"), "ca": certificates(arguments.ca)}
    body = json.dumps({"token": token, "facts": facts()}).encode()
    told = post(state, "/agent/enrol/", body, {})
    keep(arguments.state, {**state, "sequence": 0, **told})
    print("Enrolled.")
    return 0


def is_enrolled(arguments):
    """Return whether there is a key for this console, be it revoked there or not."""
    try:
        state = kept(arguments.state)
    except Failed:
        return False
    return arguments.server is None or state["server"] == arguments.server.rstrip("/")


def certificates(path):
    """Return the certificates that the console's own is checked by, beside those of the system."""
    try:
        text = path.read_text() if path else ""
        context(text)
    except (OSError, ValueError) as error:  # of ssl, too
        raise Failed(f"--ca: {error}") from None
    return text


def context(ca):
    trusted = ssl.create_default_context()
    if ca:
        trusted.load_verify_locations(cadata=ca)
    return trusted


def report(arguments):
    """Send what this PC is now."""
    state = kept(arguments.state)
    # Higher also than what a machine sent that was set back to an older state of its disk
    state["sequence"] = max(state["sequence"] + 1, int(time.time()))
    keep(arguments.state, state)  # before it is sent: a number is never used twice
    body = json.dumps(facts()).encode()
    at, sequence = str(int(time.time())), str(state["sequence"])
    text = (f"{at}\n{sequence}\n").encode() + body
    signature = hmac.new(state["key"].encode(), text, hashlib.sha256).hexdigest()
    headers = {"X-Agent": state["agent"], "X-Agent-Time": at}
    headers.update({"X-Agent-Sequence": sequence, "X-Agent-Signature": signature})
    told = post(state, "/agent/report/", body, headers)
    print("Reported as {}.".format(told["device"]))
    return 0


def show(arguments):
    """Print what would be sent."""
    print(json.dumps(facts(), indent=2))
    return 0


def install(arguments):
    """Enrol, and report every day from now on."""
    if IS_WINDOWS:
        refuse_python_of_one_user()
        arguments.state.mkdir(parents=True, exist_ok=True)
        keep_others_out(arguments.state)  # before there is a key in it
    if arguments.once and is_enrolled(arguments):
        print("Enrolled before.")
    else:
        enrol(arguments)
    program = program_folder(arguments) / "zcc_agent.py"
    if program != HERE:
        program.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(HERE, program)
    (install_on_windows if IS_WINDOWS else install_on_linux)(program, arguments.state)
    print("Reports every day.")
    return 0


def program_folder(arguments):
    """Return a folder in which none but administrators may change the program."""
    if IS_WINDOWS:
        return Path(os.environ.get("PROGRAMFILES", "C:\\Program Files")) / "zcc-agent"
    return arguments.state


def refuse_python_of_one_user():
    """Let the system run no Python that a person may change."""
    safe = [os.environ.get(name) for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "SYSTEMROOT")]
    python = os.path.normcase(sys.executable)
    if not any(python.startswith(os.path.normcase(place) + os.sep) for place in safe if place):
        told = "is not where only administrators may change it. Install Python for all users."
        raise Failed(f"{sys.executable} {told}")


def keep_others_out(folder):
    system, administrators = "*S-1-5-18:(OI)(CI)F", "*S-1-5-32-544:(OI)(CI)F"
    run_checked(["icacls", str(folder), "/inheritance:r", "/grant:r", system, administrators])


def install_on_windows(program, state):
    task = f'"{sys.executable}" -I "{program}" report --state "{state}"'
    when = ["/SC", "DAILY", "/ST", "09:00", "/RU", "SYSTEM"]
    run_checked(["schtasks", "/Create", "/F", "/TN", "zcc agent", *when, "/TR", task])


def install_on_linux(program, state):
    units = Path(os.environ.get("ZCC_AGENT_UNITS", "/etc/systemd/system"))
    service = SERVICE.format(python=sys.executable, program=program, state=state)
    (units / "zcc-agent.service").write_text(service)
    (units / "zcc-agent.timer").write_text(TIMER)
    run_checked(["systemctl", "daemon-reload"])
    run_checked(["systemctl", "enable", "--now", "zcc-agent.timer"])


COMMANDS = {"enrol": enrol, "report": report, "show": show, "install": install}


def post(state, path, body, headers):
    """Send JSON and return the JSON that comes back."""
    headers = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request(state["server"] + path, body, headers)
    trusted = context(state.get("ca"))
    try:
        with urllib.request.urlopen(request, timeout=SECONDS, context=trusted) as answer:
            return json.loads(answer.read(65536))
    except urllib.error.HTTPError as error:
        raise Failed(f"The console refuses: {refusal(error)}") from None
    except (OSError, ValueError) as error:
        raise Failed(f"The console cannot be reached: {error}") from None


def refusal(error):
    try:
        return json.loads(error.read(65536))["error"]
    except (ValueError, KeyError, TypeError, OSError):
        return f"status {error.code}"


def keep(folder, state):
    """Write the state so that only its owner reads it, and never half of it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = folder / "agent.json.new"
        fresh.unlink() if fresh.exists() else None
        handle = os.open(str(fresh), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(state, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(folder / "agent.json")
    except OSError as error:
        raise Failed(f"The key cannot be kept: {error}") from None


def kept(folder):
    try:
        state = json.loads((folder / "agent.json").read_text())
        {name: state[name] for name in ("server", "agent", "key", "sequence")}
        return state
    except (OSError, ValueError, KeyError, TypeError):
        raise Failed(f"Not enrolled, or not run as administrator: no readable {folder}.") from None


def facts():
    """Return what this PC is; ZCC_AGENT_FACTS names a file that says it instead."""
    if "ZCC_AGENT_FACTS" in os.environ:
        return json.loads(Path(os.environ["ZCC_AGENT_FACTS"]).read_text())
    told = windows_facts() if IS_WINDOWS else linux_facts()
    told["host_name"] = socket.getfqdn()[:255]
    told["agent_version"] = VERSION
    told["addresses"] = addresses()
    return {name: cut(name, value) for name, value in told.items()}


def cut(name, value):
    """Return a value no longer than the console takes it."""
    return value.strip()[: LONGEST.get(name, 100)] if isinstance(value, str) else value


def linux_facts():
    release = dict(
        line.partition("=")[::2]
        for line in read(Path("/etc/os-release")).splitlines()
        if "=" in line
    )
    return {
        "uuid": read(DMI / "product_uuid") or None,
        "serial_number": read(DMI / "product_serial")[:100],
        "manufacturer": read(DMI / "sys_vendor")[:100],
        "model": read(DMI / "product_name")[:100],
        "macs": [mac for mac in map(mac_of, sorted(NET.glob("*"))) if mac][:64],
        "os_name": release.get("NAME", "Linux").strip('"')[:100],
        "os_version": release.get("VERSION_ID", platform.release()).strip('"')[:100],
        "software": linux_software()[:MOST_PROGRAMS],
    }


def mac_of(port):
    """Return the MAC address of a network port that is hardware; bridges and the like are not."""
    if not (port / "device").exists():
        return ""
    mac = re.sub("[^0-9a-f]", "", read(port / "address").lower())
    return mac if len(mac) == 12 and int(mac, 16) else ""


def linux_software():
    for command in (
        ["dpkg-query", "-W", "-f", "${Package}\t${Version}\n"],
        ["rpm", "-qa", "--queryformat", "%{NAME}\t%{VERSION}-%{RELEASE}\n"],
    ):
        if shutil.which(command[0]):
            lines = output(command).splitlines()
            return [[cell[:200] for cell in line.split("\t", 1)] for line in lines if "\t" in line]
    return []


WINDOWS_SCRIPT = """
$p = Get-CimInstance Win32_ComputerSystemProduct
$o = Get-CimInstance Win32_OperatingSystem
$keys = 'HKLM:\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\*',
        'HKLM:\\Software\\WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\*'
$s = @(Get-ItemProperty $keys -ErrorAction SilentlyContinue | Where-Object DisplayName |
       ForEach-Object { ,@("$($_.DisplayName)", "$($_.DisplayVersion)") })
$m = @(Get-CimInstance Win32_NetworkAdapter -Filter 'PhysicalAdapter=TRUE' |
       Where-Object MACAddress | ForEach-Object MACAddress)
@{ uuid=$p.UUID; serial_number=$p.IdentifyingNumber; manufacturer=$p.Vendor; model=$p.Name;
   os_name=$o.Caption; os_version=$o.Version; macs=$m; software=$s } | ConvertTo-Json -Depth 4
"""


def windows_facts():
    command = ["powershell", "-NoProfile", "-NonInteractive", "-Command", WINDOWS_SCRIPT]
    told = json.loads(output(command) or "{}")
    pairs = [pair for pair in told.get("software") or [] if isinstance(pair, list)]
    told["software"] = [[str(cell)[:200] for cell in pair[:2]] for pair in pairs][:MOST_PROGRAMS]
    told["macs"] = (told.get("macs") or [])[:64]
    return told


def addresses():
    """Return the IP addresses of this PC that are not its own loop."""
    found = set() if IS_WINDOWS else set(output(["hostname", "-I"]).split())
    try:
        for _family, _, _, _, place in socket.getaddrinfo(socket.gethostname(), None):
            found.add(place[0].partition("%")[0])
    except OSError:
        pass
    return sorted(one for one in found if not one.startswith("127.") and one != "::1")[:64]


def read(path):
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""


def output(command):
    try:
        done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode(errors="replace")


def run_checked(command):
    try:
        subprocess.run(command, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise Failed(f"{command[0]} failed: {error}") from None


if __name__ == "__main__":
    sys.exit(main())
