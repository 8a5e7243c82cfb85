"""A session is a sitting: what somebody made in one go, under a name of their own."""

from dataclasses import dataclass
from datetime import datetime

MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class Session:
    id: str
    owner: str
    name: str
    created_at: datetime
