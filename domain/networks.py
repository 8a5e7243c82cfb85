"""The networks and directions that this service can render with."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from domain.errors import Invalid, NotFound


class Emotion(Enum):
    """The six basic emotions (Ekman 1992)."""

    HAPPY = "happy"
    SAD = "sad"
    ANGRY = "angry"
    DISGUSTED = "disgusted"
    FEARFUL = "fearful"
    SURPRISED = "surprised"


@dataclass(frozen=True, slots=True)
class Direction:
    """A way to move a latent. Two directions are the same when name and content are."""

    name: str
    sha256: str
    """Of its content."""
    emotion: Emotion | None = None

    @property
    def id(self) -> str:
        return hashlib.sha256(f"{self.name}\n{self.sha256}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Network:
    """A generator network, known by the SHA-256 of its file."""

    sha256: str
    name: str
    resolution: int
    layers: int
    image_channels: int = 3
    label_dim: int = 0

    @property
    def id(self) -> str:
        return self.sha256


@dataclass(frozen=True, slots=True)
class ServedNetwork:
    """A network with the directions that belong to it."""

    network: Network
    directions: tuple[Direction, ...] = ()

    def direction(self, name: str, path: Sequence[str] = ()) -> Direction:
        for direction in self.directions:
            if direction.name == name:
                return direction
        raise Invalid(f"network {self.network.name!r} has no direction {name!r}; {self._offer()}", path)

    def emotion(self, emotion: Emotion, path: Sequence[str] = ()) -> Direction:
        for direction in self.directions:
            if direction.emotion is emotion:
                return direction
        raise Invalid(f"network {self.network.name!r} has no direction for {emotion.name}; {self._offer()}", path)

    def _offer(self) -> str:
        if not self.directions:
            return "it has none: bring a directions file (see the README)"
        return "it has " + ", ".join(direction.name for direction in self.directions)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What is served, in the order of the settings; the first network is the default."""

    served: tuple[ServedNetwork, ...] = field(default=())

    def named(self, name: str | None, path: Sequence[str] = ()) -> ServedNetwork:
        if not self.served:
            raise NotFound("no network is configured; set MANGANACE_NETWORKS", path)
        if name is None:
            return self.served[0]
        for entry in self.served:
            if entry.network.name == name:
                return entry
        raise NotFound(f"there is no network {name!r}; there are {', '.join(self.names)}", path)

    def with_sha256(self, sha256: str, path: Sequence[str] = ()) -> ServedNetwork:
        for entry in self.served:
            if entry.network.sha256 == sha256:
                return entry
        raise NotFound(f"the network {sha256[:12]} of this image is not served any more", path)

    def network(self, sha256: str) -> Network | None:
        """None for one that is not served, or not any more."""
        return next((entry.network for entry in self.served if entry.network.sha256 == sha256), None)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(entry.network.name for entry in self.served)
