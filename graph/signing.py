"""Addresses that say by themselves until when they may be used, so that an <img> needs no header."""

import hashlib
import time
from collections.abc import Callable

from itsdangerous import Signer

LEAST_S = 3600
"""How long an address can be used at least."""

STEP_S = 900
"""Ends are rounded up to these: within a quarter of an hour a file has one address, which browsers can cache."""


class AddressSigner:
    """Signs a path and the second after which it is not served (HMAC-SHA-256). `key` is for this purpose alone."""

    def __init__(self, key: bytes, now: Callable[[], float] = time.time) -> None:
        self._signer = Signer(key, salt="address", key_derivation="hmac", digest_method=hashlib.sha256)
        self._now = now

    def sign(self, path: str) -> str:
        """One segment of a path, ``END.SIGNATURE``."""
        end = -(-(int(self._now()) + LEAST_S) // STEP_S) * STEP_S
        return f"{end}.{self._signer.get_signature(_signed(path, end)).decode()}"

    def left_s(self, path: str, segment: str) -> int | None:
        """How many seconds `path` may still be served under this segment: 0 or less where that is over.

        None where nobody signed it.
        """
        end, _, signature = segment.partition(".")
        if not (end.isascii() and end.isdigit() and len(end) < 12):
            return None
        if not self._signer.verify_signature(_signed(path, int(end)), signature):
            return None
        return int(end) - int(self._now())


def _signed(path: str, end: int) -> str:
    return f"{end}/{path}"
