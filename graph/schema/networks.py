"""Networks, and the directions that latents can be moved along."""

from typing import Self

import strawberry

from domain import networks
from graph.ids import global_id
from graph.schema.enums import Emotion
from graph.schema.node import Node


@strawberry.type(description="A generator network, known by the SHA-256 of its file.")
class Network(Node):
    name: str = strawberry.field(description="As the service's settings name it.")
    sha256: str = strawberry.field(description="SHA-256 of the file it was loaded from.")
    resolution: int = strawberry.field(description="Width and height of its images in pixels.")
    layers: int = strawberry.field(description="num_ws: how many w's the synthesis network takes.")
    classes: int = strawberry.field(description="How many classes a conditional network has; 0 for all others.")

    @classmethod
    def from_domain(cls, network: networks.Network) -> Self:
        return cls(
            id=global_id("Network", network.id),
            name=network.name,
            sha256=network.sha256,
            resolution=network.resolution,
            layers=network.layers,
            classes=network.label_dim,
        )


@strawberry.type(description="A way to move a latent, such as an emotion; it belongs to a network.")
class Direction(Node):
    name: str = strawberry.field(description="What DirectionStrengthInput.direction takes.")
    emotion: Emotion | None = strawberry.field(description="Set for the six basic emotions.")

    @classmethod
    def from_domain(cls, direction: networks.Direction) -> Self:
        return cls(id=global_id("Direction", direction.id), name=direction.name, emotion=direction.emotion)
