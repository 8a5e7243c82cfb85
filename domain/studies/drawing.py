"""Chance that can be repeated: every draw follows from a stored seed, in any language that has SHA-256.

The order of n things under a label is that of the digests ``SHA-256("SEED/LABEL/i")``, i = 0 to n - 1 in decimal
digits, compared as bytes. No generator has a state, so that no draw depends on what was drawn before it.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

METHOD = 1
"""The number of the construction in this package; a change to what it gives takes the next one."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """`seed` is any text; equal seeds draw alike."""

    seed: str

    def order(self, label: str, count: int) -> list[int]:
        """A permutation of 0 to count - 1."""
        return sorted(range(count), key=lambda index: self._digest(label, index))

    def shuffled(self, label: str, things: Sequence[T]) -> list[T]:
        return [things[index] for index in self.order(label, len(things))]

    def dealt(self, label: str, count: int, turn: int) -> int:
        """The card that the `turn`-th turn gets, of decks 0 to count - 1 that are shuffled anew when they run out.

        So among any number of turns from the first on, every card was dealt equally often, or once more.
        """
        deck, place = divmod(turn, count)
        return self.order(f"{label}/{deck}", count)[place]

    def uniform(self, label: str) -> float:
        """Between 0 and 1, neither among them: the first 52 bits of the label's first digest, and a half."""
        return ((int.from_bytes(self._digest(label, 0)[:8]) >> 12) + 0.5) / (1 << 52)

    def _digest(self, label: str, index: int) -> bytes:
        return hashlib.sha256(f"{self.seed}/{label}/{index}".encode()).digest()


def fresh_seed() -> str:
    """128 bits, as 32 hexadecimal digits."""
    return secrets.token_hex(16)
