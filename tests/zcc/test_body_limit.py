"""Bodies of requests, with and without an announced length, through the real server."""

import socket
import threading
import time

import pytest
import uvicorn

from zcc.body_limit import bounded

LARGEST = 1000


async def application(scope, receive, send):
    """Read all of the body, and answer its length."""
    read = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        read += len(message["body"])
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(read).encode()})


@pytest.fixture(scope="module")
def port():
    server = uvicorn.Server(
        uvicorn.Config(bounded(application, LARGEST), port=0, lifespan="off", log_level="error")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(10)


def ask(port: int, head: str, body: bytes) -> bytes:
    """Return the answer to a request, however it ends."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(f"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{head}\r\n\r\n".encode())
        line.sendall(body)
        answer = b""
        while part := line.recv(65536):
            answer += part
        return answer


def chunks(size: int) -> bytes:
    return b"".join(b"a\r\n0123456789\r\n" for _ in range(size // 10)) + b"0\r\n\r\n"


def test_what_fits_is_taken(port):
    for head, body in (
        ("Content-Length: 1000", b"x" * LARGEST),
        ("Transfer-Encoding: chunked", chunks(LARGEST)),
    ):
        answer = ask(port, head, body)
        assert b" 200 " in answer.splitlines()[0]
        assert b"\r\n1000\r\n" in answer


def test_an_announced_length_is_refused_before_anything_is_read(port):
    for length in (LARGEST + 1, 10**15):
        assert b" 413 " in ask(port, f"Content-Length: {length}", b"").splitlines()[0]


def test_what_grows_beyond_the_limit_is_refused_while_it_comes(port):
    answer = ask(port, "Transfer-Encoding: chunked", chunks(LARGEST * 50))
    assert b" 413 " in answer.splitlines()[0]
    assert b"bytes at most" in answer
