"""What clients send, and how it becomes the domain's requests."""

from datetime import datetime

import strawberry

from domain import generations, images, requests
from domain.errors import Invalid
from graph.ids import key_of, keys_of, session_key
from graph.schema.enums import Emotion, GenerationStatus, ImageOrderField, NoiseMode, SortDirection
from graph.schema.paging import given
from graph.schema.scalars import Seed

KEY = (
    "The same key with the same mutation and input (as sent, waitMs aside) answers with the first generation, "
    "for ever; with anything else it is an error."
)
WAIT = "Answer once the generation has ended or this time has passed, 0 to 30000."
EMOTIONS = "Emotions to apply; with `directions` at most 64 edits, each once."
DIRECTIONS = "Directions to apply, by name; an emotion's direction counts as the emotion."
SESSION = "The session (a sitting) that the image belongs to."


@strawberry.input(description="An emotion to apply.")
class EmotionStrengthInput:
    emotion: Emotion = strawberry.field(description="Which one.")
    strength: float = strawberry.field(
        description="1 is the calibrated full emotion; negative moves away from it; finite, -5 to 5."
    )

    def to_domain(self) -> requests.EmotionStrength:
        return requests.EmotionStrength(self.emotion, self.strength)


@strawberry.input(description="A direction to apply.")
class DirectionStrengthInput:
    direction: str = strawberry.field(description="A name from `directions`.")
    strength: float = strawberry.field(description="How far; negative goes the other way; finite, -5 to 5.")

    def to_domain(self) -> requests.DirectionStrength:
        return requests.DirectionStrength(self.direction, self.strength)


@strawberry.input(description="A face to make from a seed.")
class GenerateFaceInput:
    seed: Seed | None = strawberry.field(
        default=strawberry.UNSET, description="Left out: the service draws one and reports it on the image."
    )
    truncation_psi: float = strawberry.field(
        default=0.5, description="0 is the average face, 1 the untruncated one; -2 to 2."
    )
    truncation_cutoff: int | None = strawberry.field(
        default=strawberry.UNSET, description="Truncate only the first layers; left out: all."
    )
    noise: NoiseMode = strawberry.field(default=NoiseMode.CONST, description="Which noise inputs to use.")
    label: int | None = strawberry.field(
        default=strawberry.UNSET, description="The class, for conditional networks only; they need one."
    )
    network: str | None = strawberry.field(
        default=strawberry.UNSET, description="A name from `networks`; left out: the first of them."
    )
    emotions: list[EmotionStrengthInput] = strawberry.field(default_factory=list, description=EMOTIONS)
    directions: list[DirectionStrengthInput] = strawberry.field(default_factory=list, description=DIRECTIONS)
    session_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description=SESSION)
    idempotency_key: str | None = strawberry.field(default=strawberry.UNSET, description=KEY)
    wait_ms: int = strawberry.field(default=0, description=WAIT)

    def to_domain(self) -> requests.FaceRequest:
        """Raises Invalid or NotFound for an id that is not a session's."""
        return requests.FaceRequest(
            seed=given(self.seed),
            psi=self.truncation_psi,
            cutoff=given(self.truncation_cutoff),
            noise=self.noise,
            label=given(self.label),
            network=given(self.network),
            emotions=tuple(edit.to_domain() for edit in self.emotions),
            directions=tuple(edit.to_domain() for edit in self.directions),
            session_id=session_key(self.session_id, ("input", "sessionId")),
            idempotency_key=given(self.idempotency_key),
            wait_ms=self.wait_ms,
        )


@strawberry.input(description="Edits to put on a face that exists.")
class ApplyEmotionInput:
    image_id: strawberry.ID = strawberry.field(
        description="The face to change. Everything in its recipe stays, but the edits: "
        "those given here replace those it has (none given: the plain face)."
    )
    emotions: list[EmotionStrengthInput] = strawberry.field(default_factory=list, description=EMOTIONS)
    directions: list[DirectionStrengthInput] = strawberry.field(default_factory=list, description=DIRECTIONS)
    session_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description=SESSION)
    idempotency_key: str | None = strawberry.field(default=strawberry.UNSET, description=KEY)
    wait_ms: int = strawberry.field(default=0, description=WAIT)

    def to_domain(self) -> requests.EmotionRequest:
        """Raises Invalid or NotFound for an id that is not an image's."""
        return requests.EmotionRequest(
            image_id=key_of("Image", self.image_id, ("input", "imageId")),
            emotions=tuple(edit.to_domain() for edit in self.emotions),
            directions=tuple(edit.to_domain() for edit in self.directions),
            session_id=session_key(self.session_id, ("input", "sessionId")),
            idempotency_key=given(self.idempotency_key),
            wait_ms=self.wait_ms,
        )


@strawberry.input(description="A generation to cancel.")
class CancelGenerationInput:
    id: strawberry.ID = strawberry.field(description="A generation's. What it has made stays.")


@strawberry.input(description="Which generations to list; all conditions hold at once.")
class GenerationFilter:
    status: list[GenerationStatus] | None = strawberry.field(
        default=strawberry.UNSET, description="Those in one of these states."
    )
    session_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Those of a session.")

    def to_domain(self) -> generations.GenerationFilter:
        """Raises Invalid or NotFound for an id that is not a session's."""
        return generations.GenerationFilter(
            status=tuple(given(self.status) or ()),
            session_id=session_key(self.session_id, ("filter", "sessionId")),
        )


@strawberry.input(description="By tags; both conditions hold at once.")
class TagFilter:
    all_of: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description="Images that have each of these tags; at most 20."
    )
    any_of: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description="Images that have at least one of these tags; at most 20."
    )


@strawberry.input(description="Which images to list; all conditions hold at once.")
class ImageFilter:
    session_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Those of a session.")
    seed: Seed | None = strawberry.field(default=strawberry.UNSET, description="Those of one seed.")
    network: str | None = strawberry.field(default=strawberry.UNSET, description="Those of one network, by its name.")
    emotions: list[Emotion] | None = strawberry.field(
        default=strawberry.UNSET, description="Images with at least one of these emotions applied."
    )
    created_after: datetime | None = strawberry.field(default=strawberry.UNSET, description="Later than this.")
    created_before: datetime | None = strawberry.field(default=strawberry.UNSET, description="Earlier than this.")
    collection_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Those that a collection keeps."
    )
    tags: TagFilter | None = strawberry.field(default=strawberry.UNSET, description="Those with certain tags.")
    starred: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Those that are starred, or those that are not."
    )
    text: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Those that a collection keeps with a note that says this, upper and lower case aside; with "
        "collectionId, in that collection. 1 to 200 characters.",
    )

    def to_domain(self) -> images.ImageFilter:
        """Raises Invalid or NotFound."""
        network = given(self.network)
        if network is not None and not network.isprintable():
            raise Invalid("a network's name has printable characters only", ("filter", "network"))
        after, before = given(self.created_after), given(self.created_before)
        if after is not None and before is not None and after > before:
            raise Invalid(
                "createdBefore is earlier than createdAfter: nothing lies between", ("filter", "createdBefore")
            )
        return images.ImageFilter(
            session_id=session_key(self.session_id, ("filter", "sessionId")),
            seed=given(self.seed),
            network=network,
            emotions=tuple(given(self.emotions) or ()),
            created_after=after,
            created_before=before,
            collection_id=self._collection(),
            all_tags=_tags(given(self.tags), "all_of"),
            any_tags=_tags(given(self.tags), "any_of"),
            starred=given(self.starred),
            text=None if (text := given(self.text)) is None else images.checked_search(text, ("filter", "text")),
        )

    def _collection(self) -> str | None:
        collection_id = given(self.collection_id)
        return None if collection_id is None else key_of("Collection", collection_id, ("filter", "collectionId"))


def _tags(chosen: TagFilter | None, name: str) -> tuple[str, ...]:
    ids = None if chosen is None else given(getattr(chosen, name))
    path = ("filter", "tags", "allOf" if name == "all_of" else "anyOf")
    if ids is not None and not 1 <= len(ids) <= images.MAX_FILTER_TAGS:
        raise Invalid(f"{path[-1]} names 1 to {images.MAX_FILTER_TAGS} tags; leave it out for all images", path)
    return tuple(keys_of("Tag", ids or (), path))


@strawberry.input(description="How to sort images.")
class ImageOrder:
    field: ImageOrderField = strawberry.field(description="By what.")
    direction: SortDirection = strawberry.field(description="Which end comes first.")

    def to_domain(self) -> images.ImageOrder:
        return images.ImageOrder(
            images.ImageOrderField(self.field.value), descending=self.direction is SortDirection.DESC
        )
