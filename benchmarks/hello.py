"""Hello messages: how many a second the listener takes and writes down, on PostgreSQL.

One sender, each message from a loopback address of its own, first to the listener in a process of
its own, then to a bare server in a process that reads and forgets: the ratio of both is what
reading, checking and writing cost. The last line is JSON.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import psycopg

from benchmarks import services

ROOT = Path(__file__).parents[1]
MESSAGES = 20_000
HEAD = bytes.fromhex("0100030000000000")
HASHES = b"\x17" + b"".join(b"\x02\x20" + bytes([n]) * 32 for n in range(23))  # as firmware sends
BARE = """
import asyncio
taken = 0
async def visit(reader, writer):
    global taken
    await reader.read(20000); await reader.read(1)
    taken += 1
    writer.close()
async def main():
    server = await asyncio.start_server(visit, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    while taken < %d:
        await asyncio.sleep(0.005)
    print("done", flush=True)
asyncio.run(main())
"""


def main() -> None:
    with services.postgres() as database, tempfile.TemporaryDirectory() as place:
        environment = {**os.environ, "ZCC_DATABASE_URL": database, "ZCC_DATA_DIR": place}
        manage = [sys.executable, str(ROOT / "manage.py")]
        subprocess.run([*manage, "migrate", "-v", "0"], env=environment, check=True)
        port = free_port()
        command = [*manage, "listen", "--host", "127.0.0.1", "--port", str(port)]
        with running(command, environment) as listener:
            listener.stdout.readline()
            seconds, kept = to_listener(port, database)
    bare_seconds = to_bare_server()
    rate, bare = kept / seconds, MESSAGES / bare_seconds
    print(
        f"Listener: {kept:,} of {MESSAGES:,} written down in {seconds:.2f} s, {rate:,.0f} a second"
    )
    print(f"Bare server: {bare:,.0f} a second")
    print(
        json.dumps(
            {
                "sent": MESSAGES,
                "written": kept,
                "per_second": round(rate),
                "peer_per_second": round(bare),
                "ratio": round(rate / bare, 3),
            }
        )
    )


@contextlib.contextmanager
def running(command, environment):
    """Run a program until the block ends."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def to_listener(port: int, database: str) -> tuple[float, int]:
    """Send all, wait until as many rows as come are there; return the seconds and the rows."""
    began = time.perf_counter()
    send(port)
    kept, still, last = 0, 0, time.perf_counter()
    with psycopg.connect(database, autocommit=True) as rows:
        while kept < MESSAGES and still < 40:
            found = rows.execute("SELECT count(*) FROM amt_discovereddevice").fetchone()[0]
            still = still + 1 if found == kept else 0
            last = time.perf_counter() if found != kept else last
            kept = found
            time.sleep(0.05)
    return last - began, kept


def to_bare_server() -> float:
    """Send all to a server that forgets; return the seconds."""
    with running([sys.executable, "-c", BARE % MESSAGES], dict(os.environ)) as server:
        port = int(server.stdout.readline())
        began = time.perf_counter()
        send(port)
        server.stdout.readline()
        return time.perf_counter() - began


def send(port: int) -> None:
    """Send each message from an address of its own."""
    for number in range(MESSAGES):
        source = f"127.{40 + number // 62_500}.{number // 250 % 250}.{number % 250 + 1}"
        with socket.create_connection(("127.0.0.1", port), 20, (source, 0)) as connection:
            connection.sendall(HEAD + uuid.uuid4().bytes_le + HASHES)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


if __name__ == "__main__":
    main()
