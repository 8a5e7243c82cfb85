"""What clients send for a morph, and how it becomes the domain's request."""

import strawberry

from domain import morphs
from graph.ids import key_of
from graph.schema.enums import AnimationFormat, MorphEasing, MorphSpace
from graph.schema.explorations import PSI, Terms
from graph.schema.inputs import DirectionStrengthInput, EmotionStrengthInput
from graph.schema.paging import given
from graph.schema.scalars import Seed

INHERITED = "Left out: that of the first stop that is an image"


@strawberry.input(description="A face that a morph comes through.")
class MorphStopInput:
    seed: Seed | None = strawberry.field(
        default=strawberry.UNSET, description="A face from a seed. Either this or `imageId`."
    )
    image_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="An image's face: its seed, its mixes and its edits; the rest is the morph's. "
        "Either this or `seed`. Not an image that lies between two faces of a morph itself.",
    )
    emotions: list[EmotionStrengthInput] | None = strawberry.field(
        default=strawberry.UNSET,
        description="Emotions of the face. With these or `directions` given, an image's own edits are replaced.",
    )
    directions: list[DirectionStrengthInput] | None = strawberry.field(
        default=strawberry.UNSET, description="Directions of the face, by name."
    )

    def to_domain(self, index: int) -> morphs.Stop:
        """Raises Invalid or NotFound for an id that is not an image's."""
        image_id, emotions, directions = given(self.image_id), given(self.emotions), given(self.directions)
        path = ("input", "stops", str(index), "imageId")
        return morphs.Stop(
            seed=given(self.seed),
            image_id=None if image_id is None else key_of("Image", image_id, path),
            emotions=None if emotions is None else tuple(edit.to_domain() for edit in emotions),
            directions=None if directions is None else tuple(edit.to_domain() for edit in directions),
        )


@strawberry.input(
    description="A path through 2 to 16 faces, or through one face at several strengths, as 2 to 256 frames. "
    "Every frame is an image of the generation; edits change evenly between two stops; noise is the file's constant."
)
class MorphInput(Terms):
    stops: list[MorphStopInput] = strawberry.field(
        description="2 to 16, in order. The same seed with other emotions is one face through strengths."
    )
    space: MorphSpace = strawberry.field(default=MorphSpace.W, description="Where the way between two faces lies.")
    easing: MorphEasing = strawberry.field(
        default=MorphEasing.LINEAR, description="How time passes between a stop and the next."
    )
    loop: bool = strawberry.field(
        default=False,
        description="Go on from the last stop to the first, which does not come twice, and play on and on. "
        "An MP4 cannot say that it should: the player decides.",
    )
    format: AnimationFormat = strawberry.field(default=AnimationFormat.WEBP, description="Of the animation's file.")
    fps: int = strawberry.field(default=24, description="Frames a second, 1 to 60; of a GIF 1 to 50.")
    frames: int | None = strawberry.field(
        default=strawberry.UNSET,
        description="How many, 2 to 256, evenly spaced in time, one for each stop at least. Either these or `seconds`; "
        "neither: a second from each stop to the next, less where that is more than 256.",
    )
    seconds: float | None = strawberry.field(
        default=strawberry.UNSET, description="How long it lasts: `seconds` times `fps`, rounded, is how many frames."
    )
    truncation_psi: float | None = strawberry.field(
        default=strawberry.UNSET, description=f"{PSI} {INHERITED}, else 0.5."
    )
    truncation_cutoff: int | None = strawberry.field(
        default=strawberry.UNSET,
        description=f"Truncate only the first layers. {INHERITED}, if truncationPsi is left out too, else all.",
    )
    label: int | None = strawberry.field(
        default=strawberry.UNSET, description=f"The class, for conditional networks only. {INHERITED}."
    )
    network: str | None = strawberry.field(
        default=strawberry.UNSET,
        description=f"A name from `networks`; all stops are of one. {INHERITED}, else the first of them.",
    )

    def to_domain(self) -> morphs.MorphRequest:
        return morphs.MorphRequest(
            stops=tuple(stop.to_domain(index) for index, stop in enumerate(self.stops)),
            space=self.space,
            easing=self.easing,
            loop=self.loop,
            format=self.format,
            fps=self.fps,
            frames=given(self.frames),
            seconds=given(self.seconds),
            psi=given(self.truncation_psi),
            cutoff=given(self.truncation_cutoff),
            label=given(self.label),
            network=given(self.network),
            **self.terms(),
        )
