"""Tags: words that somebody puts on images to find them again."""

from dataclasses import dataclass
from datetime import datetime

MAX_NAME = 50
MAX_TAGS = 50
"""On one image."""

BUILT_IN = ""
"""The owner of the tags that everybody has: what studies choose faces by. No caller's owner is empty."""

BUILT_IN_NAMES = ("male", "female", "practice", "attention")


@dataclass(frozen=True, slots=True)
class Tag:
    id: str
    owner: str
    name: str
    created_at: datetime

    @property
    def built_in(self) -> bool:
        return self.owner == BUILT_IN
