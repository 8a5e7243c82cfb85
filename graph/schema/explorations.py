"""What clients send to get many images at once, and how it becomes the domain's requests."""

from typing import Any

import strawberry

from domain import explorations, requests
from graph.ids import key_of, session_key
from graph.schema.enums import Emotion, NoiseMode
from graph.schema.inputs import (
    DIRECTIONS,
    EMOTIONS,
    KEY,
    SESSION,
    WAIT,
    DirectionStrengthInput,
    EmotionStrengthInput,
)
from graph.schema.paging import given
from graph.schema.scalars import Seed

PSI = "0 is the average face, 1 the untruncated one; -2 to 2."


@strawberry.input(description="Seeds that follow each other.")
class SeedRangeInput:
    first: Seed = strawberry.field(description="The first of them.")
    count: int = strawberry.field(description="How many, 1 to 256.")


@strawberry.input(description="Layers of the synthesis network: coarse ones (pose, shape) first, fine ones last.")
class LayerRangeInput:
    first: int = strawberry.field(description="The first of them; the network's first is 0.")
    count: int = strawberry.field(description="How many; `Network.layers` is how many there are.")


@strawberry.input(description="How a request is to be accepted; its fields are those of each input for many images.")
class Terms:
    session_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description=SESSION)
    idempotency_key: str | None = strawberry.field(default=strawberry.UNSET, description=KEY)
    wait_ms: int = strawberry.field(default=0, description=WAIT)

    def terms(self) -> dict[str, Any]:
        return {
            "session_id": session_key(self.session_id, ("input", "sessionId")),
            "idempotency_key": given(self.idempotency_key),
            "wait_ms": self.wait_ms,
        }


@strawberry.input(description="What faces from seeds have in common, their truncation aside.")
class Settings:
    truncation_cutoff: int | None = strawberry.field(
        default=strawberry.UNSET, description="Truncate only the first layers; left out: all."
    )
    noise: NoiseMode = strawberry.field(
        default=NoiseMode.CONST, description="Which noise inputs to use; RANDOM draws them once for each face."
    )
    label: int | None = strawberry.field(
        default=strawberry.UNSET, description="The class, for conditional networks only; they need one."
    )
    network: str | None = strawberry.field(
        default=strawberry.UNSET, description="A name from `networks`; left out: the first of them."
    )
    emotions: list[EmotionStrengthInput] = strawberry.field(default_factory=list, description=EMOTIONS)
    directions: list[DirectionStrengthInput] = strawberry.field(default_factory=list, description=DIRECTIONS)

    def settings(self) -> dict[str, Any]:
        return {
            "cutoff": given(self.truncation_cutoff),
            "noise": self.noise,
            "label": given(self.label),
            "network": given(self.network),
            "emotions": tuple(edit.to_domain() for edit in self.emotions),
            "directions": tuple(edit.to_domain() for edit in self.directions),
        }


@strawberry.input(description="What faces from seeds have in common.")
class TruncatedSettings(Settings):
    truncation_psi: float = strawberry.field(default=0.5, description=PSI)

    def settings(self) -> dict[str, Any]:
        return {"psi": self.truncation_psi, **Settings.settings(self)}


@strawberry.input(description="Which seeds: a list, or a range.")
class SeedChoice:
    seeds: list[Seed] | None = strawberry.field(
        default=strawberry.UNSET, description="1 to 256 seeds, in this order. Either these or `range`."
    )
    range: SeedRangeInput | None = strawberry.field(
        default=strawberry.UNSET, description="Seeds that follow each other. Either this or `seeds`."
    )

    def chosen(self) -> explorations.Seeds:
        listed, asked = given(self.seeds), given(self.range)
        return explorations.Seeds(
            listed=None if listed is None else tuple(listed),
            range=None if asked is None else explorations.SeedRange(asked.first, asked.count),
        )


@strawberry.input(description="A face from a seed.")
class FaceInput(TruncatedSettings):
    seed: Seed | None = strawberry.field(default=strawberry.UNSET, description="Left out: the service draws one.")

    def to_domain(self) -> requests.FaceRequest:
        return requests.FaceRequest(seed=given(self.seed), **self.settings())


@strawberry.input(description="Which face: an image's, or one from a seed.")
class FaceChoice:
    image_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="A face that exists: everything in its recipe stays but what is varied. Either this or `face`.",
    )
    face: FaceInput | None = strawberry.field(
        default=strawberry.UNSET, description="A face from a seed. Either this or `imageId`."
    )

    def subject(self) -> explorations.Subject:
        """Raises Invalid or NotFound for an id that is not an image's."""
        image_id, face = given(self.image_id), given(self.face)
        return explorations.Subject(
            image_id=None if image_id is None else key_of("Image", image_id, ("input", "imageId")),
            face=None if face is None else face.to_domain(),
        )


@strawberry.input(description="Faces to make from 1 to 256 seeds, all with the same settings.")
class GenerateFacesInput(Terms, TruncatedSettings, SeedChoice):
    def to_domain(self) -> explorations.FacesRequest:
        face = requests.FaceRequest(**self.settings())
        return explorations.FacesRequest(seeds=self.chosen(), face=face, **self.terms())


@strawberry.input(description="One face along one emotion or direction: what a slider shows.")
class EmotionStripInput(Terms, FaceChoice):
    emotion: Emotion | None = strawberry.field(
        default=strawberry.UNSET, description="What to vary; the face's other edits stay. Either this or `direction`."
    )
    direction: str | None = strawberry.field(
        default=strawberry.UNSET, description="What to vary, a name from `directions`. Either this or `emotion`."
    )
    start: float = strawberry.field(name="from", default=0.0, description="The first image's strength; -5 to 5.")
    end: float = strawberry.field(
        name="to", default=1.0, description="The last image's strength, another than the first; -5 to 5."
    )
    steps: int = strawberry.field(
        default=11, description="How many images, 2 to 101: strengths evenly spaced, rounded to 5 decimals."
    )

    def to_domain(self) -> explorations.StripRequest:
        return explorations.StripRequest(
            subject=self.subject(),
            emotion=given(self.emotion),
            direction=given(self.direction),
            start=self.start,
            end=self.end,
            steps=self.steps,
            **self.terms(),
        )


@strawberry.input(
    description="One face with each of several emotions at each of several strengths, which replace those it has. "
    "A row for each emotion, then for each direction; a column for each strength; at most 256 images."
)
class EmotionGridInput(Terms, FaceChoice):
    emotions: list[Emotion] = strawberry.field(default_factory=list, description="Rows; each once.")
    directions: list[str] = strawberry.field(
        default_factory=list, description="Further rows, names from `directions`; an emotion's counts as the emotion."
    )
    strengths: list[float] = strawberry.field(description="Columns; each -5 to 5, 0 is the face without.")

    def to_domain(self) -> explorations.EmotionGridRequest:
        return explorations.EmotionGridRequest(
            subject=self.subject(),
            emotions=tuple(self.emotions),
            directions=tuple(self.directions),
            strengths=tuple(self.strengths),
            **self.terms(),
        )


@strawberry.input(
    description="Several faces, each at several truncations. "
    "A row for each seed, a column for each psi; at most 256 images."
)
class TruncationGridInput(Terms, Settings, SeedChoice):
    truncation_psis: list[float] = strawberry.field(description=f"Columns. {PSI}")

    def to_domain(self) -> explorations.TruncationGridRequest:
        return explorations.TruncationGridRequest(
            seeds=self.chosen(),
            psis=tuple(self.truncation_psis),
            face=requests.FaceRequest(**self.settings()),
            **self.terms(),
        )


@strawberry.input(
    description="Faces mixed layer by layer: each row's face with some layers of each column's. "
    "Coarse layers of one face and fine ones of another are one row and one column; at most 256 images."
)
class MixStylesInput(Terms, TruncatedSettings):
    rows: list[Seed] = strawberry.field(
        description="Seeds of the faces that are changed; `Image.seed` and noise are the row's."
    )
    columns: list[Seed] = strawberry.field(description="Seeds of the faces that give `layers`.")
    layers: LayerRangeInput = strawberry.field(
        description="What comes from the column's face, e.g. first 0, count 4: pose and shape of the head."
    )
    with_parents: bool = strawberry.field(
        default=False,
        description="Append the unmixed faces after the grid, those of the rows, then those of the columns.",
    )

    def to_domain(self) -> explorations.MixRequest:
        return explorations.MixRequest(
            rows=tuple(self.rows),
            columns=tuple(self.columns),
            layers=explorations.LayerRange(self.layers.first, self.layers.count),
            with_parents=self.with_parents,
            face=requests.FaceRequest(**self.settings()),
            **self.terms(),
        )


ExplorationInput = GenerateFacesInput | EmotionStripInput | EmotionGridInput | TruncationGridInput | MixStylesInput
