"""The program openssl: a judge of certificates, and an external authority, that others made."""

import subprocess
from pathlib import Path


def openssl(*words, given=None, may_fail=False):
    """Run openssl and return what it printed."""
    done = subprocess.run(
        ["openssl", *map(str, words)], input=given, capture_output=True, timeout=60, check=False
    )
    if not may_fail:
        assert done.returncode == 0, (words, done.stderr.decode())
    return (done.stdout + done.stderr).decode()


class Authority:
    """A root made and kept by openssl, which signs requests as it is told."""

    def __init__(self, folder: Path, *, name="External Root", bits=2048, digest="sha256", more=()):
        folder.mkdir(exist_ok=True)
        self.folder, self.digest = folder, digest
        self.key, self.root = folder / "ca.key", folder / "ca.pem"
        openssl(
            *("req", "-x509", "-newkey", f"rsa:{bits}", "-nodes", "-keyout", self.key),
            *("-out", self.root, "-subj", f"/O=Example/CN={name}", "-days", "3650"),
            *(f"-{digest}", *more),
        )

    def sign(self, request: Path, *, days=365, digest=None, extensions="copyall", more=()):
        """Return the path of the certificate (DER) made of ``request``."""
        signed = self.folder / f"{request.stem}-signed.pem"
        openssl(
            *("x509", "-req", "-in", request, "-CA", self.root, "-CAkey", self.key),
            *("-CAcreateserial", "-days", days, f"-{digest or self.digest}", "-out", signed),
            *(("-copy_extensions", extensions) if extensions else ()),
            *more,
        )
        der = signed.with_suffix(".der")
        openssl("x509", "-in", signed, "-outform", "der", "-out", der)
        return der
