"""Identifiers that sort by the time they were made (UUID version 7, RFC 9562)."""

import secrets
import threading
import time

_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """32 hexadecimal digits; later calls in one process give greater values."""
    global _last
    fresh = ((time.time_ns() // 1_000_000) << 74) | secrets.randbits(74)
    with _lock:
        _last = fresh if fresh > _last else _last + 1
        value = _last
    milliseconds, tail = value >> 74, value & ((1 << 74) - 1)
    high, low = tail >> 62, tail & ((1 << 62) - 1)
    return f"{(milliseconds << 80) | (0x7 << 76) | (high << 64) | (0b10 << 62) | low:032x}"
