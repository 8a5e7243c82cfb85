"""A small catalogue and recipes of its network, for tests that need no weights."""

from domain.networks import Catalogue, Direction, Emotion, Network, ServedNetwork
from domain.recipe import NoiseMode, Recipe, RecipeEdit

NETWORK = Network(sha256="a" * 64, name="tiny", resolution=16, layers=6)
DIRECTIONS = tuple(
    Direction(f"neutral->{emotion.value}", f"{index:064x}", emotion) for index, emotion in enumerate(Emotion)
)
CATALOGUE = Catalogue((ServedNetwork(NETWORK, DIRECTIONS),))


def recipe(seed: int = 0, *edits: RecipeEdit, psi: float = 0.5) -> Recipe:
    return Recipe(
        network_sha256=NETWORK.sha256,
        seed=seed,
        psi=psi,
        cutoff=None,
        label=None,
        noise=NoiseMode.CONST,
        noise_draw=None,
        edits=tuple(sorted(edits)),
        width=NETWORK.resolution,
        height=NETWORK.resolution,
    )


def edit(emotion: Emotion, strength: float) -> RecipeEdit:
    direction = next(direction for direction in DIRECTIONS if direction.emotion is emotion)
    return RecipeEdit(direction.name, direction.sha256, strength)
