"""What a study renders: each face with each emotion at each of the slider's steps, in the order of first use."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from domain.generations import NewRender
from domain.networks import Emotion
from domain.recipe import NoiseMode, Recipe, RecipeEdit, sorted_edits
from domain.studies.design import Design
from domain.studies.drawing import Drawing
from domain.studies.faces import faces_of, possible_faces
from domain.studies.pools import Face
from domain.studies.trials import trials_of

Pair = tuple[Face, Emotion]
"""What one trial shows."""


def trial_recipes(design: Design, seed: int, emotion: Emotion) -> Iterator[Recipe]:
    """One a step of the slider, the plain face first."""
    direction = design.direction(emotion)
    for strength in design.strengths:
        yield Recipe(
            network_sha256=design.network.sha256,
            seed=seed,
            psi=design.psi,
            cutoff=None,
            label=design.label,
            noise=NoiseMode.CONST,
            noise_draw=None,
            edits=sorted_edits([RecipeEdit(direction.name, direction.sha256, strength)]),
            width=design.network.resolution,
            height=design.network.resolution,
        )


@dataclass(frozen=True, slots=True)
class Stimuli:
    """A collection of renders that is made while it is read: no more than one of them exists at a time.

    What the first participants see first comes first, so that they can start early.
    """

    design: Design
    pairs: tuple[Pair, ...]

    @classmethod
    def of(cls, design: Design, seed: str, slots: int = 1) -> "Stimuli":
        """What is rendered: what the planned participants see, at least `slots`, or else what anybody could see."""
        if design.participants is not None:
            return cls.shown(design, seed, max(slots, design.participants))
        return cls._of_faces(design, Drawing(seed), possible_faces(design))

    @classmethod
    def shown(cls, design: Design, seed: str, slots: int) -> "Stimuli":
        """What the first so many participants see."""
        drawing = Drawing(seed)
        return cls._of_faces(design, drawing, _faces(design, drawing, slots))

    @classmethod
    def _of_faces(cls, design: Design, drawing: Drawing, faces: Iterable[Face]) -> "Stimuli":
        """In main trials; the first participant's trials have everybody's practice too."""
        pairs = {(trial.face, trial.emotion): None for trial in trials_of(design, drawing, 0)}
        for face in faces:
            pairs.update(((face, emotion), None) for emotion in design.emotions)
        return cls(design, tuple(pairs))

    def __len__(self) -> int:
        return len(self.pairs) * self.design.steps

    def __contains__(self, item: object) -> bool:
        return any(item == render for render in self)

    def __iter__(self) -> Iterator[NewRender]:
        return (NewRender(recipe) for recipe in self.recipes())

    def recipes(self) -> Iterator[Recipe]:
        for face, emotion in self.pairs:
            yield from trial_recipes(self.design, face.seed, emotion)

    @property
    def pictures(self) -> int:
        """How many different ones: the plain face is the same for every emotion."""
        faces = len({face for face, _ in self.pairs})
        return len(self.pairs) * (self.design.steps - 1) + faces


def _faces(design: Design, drawing: Drawing, slots: int) -> Iterable[Face]:
    """Those of the main trials, in the order in which participants come to see them."""
    everybody = possible_faces(design)
    seen: dict[Face, None] = {}
    for slot in range(slots):
        seen.update(dict.fromkeys(faces_of(design, drawing, slot)))
        if len(seen) == len(everybody):
            break
    return seen
