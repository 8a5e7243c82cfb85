"""The service's own secret: what it recognises its tokens and its signed addresses by.

Whoever has it can sign addresses; whoever loses it has to make all tokens anew. From the one, every purpose gets a key
of its own, so that what is signed for one can never be passed off as the other.
"""

import hmac
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from infrastructure.settings import Settings, SettingsError
from infrastructure.syncing import make_folder, sync

FILE = "secret.key"
TOKENS, ADDRESSES, STUDY_LINKS = "tokens", "addresses", "study links"
"""The purposes that there are keys for."""

_BYTES = 32
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def service_secret(settings: Settings) -> bytes:
    """The setting's, else that of the data folder's file, which is made where there is none.

    Raises SettingsError for a file that others can read or that holds no key, OSError where it cannot be made.
    """
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value().encode()
    path = settings.data_dir / FILE
    with suppress(FileNotFoundError):
        return _read(path)
    _make(path)
    return _read(path)  # another process may have been first


def key_for(purpose: str, secret: bytes) -> bytes:
    """32 bytes; HMAC-SHA-256 as a pseudorandom function of the purpose's name."""
    return hmac.digest(secret, f"manganace {purpose}".encode(), "sha256")


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_mode & _OTHERS:
            raise SettingsError(f"{path} can be read by others; run: chmod 600 {path}")
        content = file.read()
    try:
        secret = bytes.fromhex(content.decode("ascii").strip())
    except ValueError:
        secret = b""
    if len(secret) < _BYTES:
        raise SettingsError(f"{path} holds no key; take it away and a new one is made, with which old tokens end")
    return secret


def _make(path: Path) -> None:
    """Whole and on disk before it has its name; the first of several processes wins."""
    make_folder(path.parent)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{secrets.token_hex(_BYTES)}\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(partial)
    finally:
        partial.unlink()
    sync(path.parent)
