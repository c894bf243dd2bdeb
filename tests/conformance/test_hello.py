"""The kit's hello message is taken by our listener."""

import subprocess
import sys

from tests.amt.test_listening import Running

from . import peers

DIGEST = "ab" * 32


def test_hello_of_the_kit_is_taken():
    with Running() as running:
        done = subprocess.run(
            [sys.executable, peers.SHARED / "hello.py", str(running.port), "127.0.0.9", DIGEST],
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert done.returncode == 0, done.stderr
        assert running.wait_for(1) == 1
    (one,) = running.taken

    assert str(one.hello.uuid) == "4c4c4544-004b-4210-8033-b6c04f504633"
    assert (one.address, one.hello.hashes) == ("127.0.0.9", (("sha256", DIGEST),))
