"""What can be wrong with a file or a wish. The texts are for people; ``code`` is stable."""


class CertificateError(Exception):
    """A certificate, request or key cannot be used; the text says why and what to do."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
