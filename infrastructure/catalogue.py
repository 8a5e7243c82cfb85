"""The networks and directions that the settings name, read once at the start.

A network's file is read in a child process of its own: hundreds of megabytes of weights come and go with it, and this
process keeps the few numbers that it needs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from domain.networks import Catalogue, Direction, Emotion, Network, ServedNetwork
from infrastructure.describing import describe_apart
from stylegan2 import directions as library
from stylegan2.errors import StyleGanError
from stylegan2.network import NetworkDescription

NETWORKS_SETTING = "MANGANACE_NETWORKS"
DIRECTIONS_SETTING = "MANGANACE_DIRECTIONS"
SHOWN_CHANNELS = (1, 3)


class CatalogueError(Exception):
    """A file that the settings name is missing or not usable; the message names the setting, the network and why."""


@dataclass(frozen=True, slots=True)
class LoadedCatalogue:
    """What clients see of the networks, and what the engines need of them; both by the settings' names."""

    catalogue: Catalogue
    descriptions: Mapping[str, NetworkDescription]
    directions: Mapping[tuple[str, str], library.Direction]
    """By the hashes of the network and of the direction's content."""


def load_catalogue(
    networks: Sequence[tuple[str, Path]], directions: Sequence[tuple[str, Path]] = ()
) -> LoadedCatalogue:
    """Read (name, file) pairs; a directions file named "" is the first network's. Blocks for seconds.

    Networks without a pair in `directions` have those beside their file, if any. Raises CatalogueError.
    """
    files = _directions_by_name(networks, directions)
    descriptions = describe_networks(networks)
    found = {name: _directions_of(name, description, files.get(name)) for name, description in descriptions.items()}
    return LoadedCatalogue(
        catalogue=Catalogue(tuple(_served(descriptions[name], found[name]) for name in descriptions)),
        descriptions=descriptions,
        directions={
            (descriptions[name].sha256, direction.sha256): direction
            for name, directions_of in found.items()
            for direction in directions_of
        },
    )


def describe_networks(networks: Sequence[tuple[str, Path]]) -> dict[str, NetworkDescription]:
    """Read the files, one after the other. Raises CatalogueError."""
    for name, path in networks:
        if not path.is_file():
            raise CatalogueError(f"{NETWORKS_SETTING}: network {name!r}: there is no file {path}")
    descriptions = {}
    for name, path in networks:
        try:
            descriptions[name] = _shown(describe_apart(name, path))
        except StyleGanError as error:
            raise CatalogueError(f"{NETWORKS_SETTING}: network {name!r}: {error}") from error
    _refuse_same(descriptions)
    return descriptions


def _refuse_same(descriptions: Mapping[str, NetworkDescription]) -> None:
    """Recipes know a network by its file's hash, so a second name for it would never be shown."""
    names: dict[str, str] = {}
    for name, description in descriptions.items():
        first = names.setdefault(description.sha256, name)
        if first != name:
            raise CatalogueError(f"{NETWORKS_SETTING}: networks {first!r} and {name!r} are the same file")


def _shown(description: NetworkDescription) -> NetworkDescription:
    if description.image_channels not in SHOWN_CHANNELS:
        raise StyleGanError(f"its pictures have {description.image_channels} channels; grey and RGB can be shown")
    return description


def _directions_by_name(
    networks: Sequence[tuple[str, Path]], directions: Sequence[tuple[str, Path]]
) -> dict[str, Path]:
    named: dict[str, Path] = {}
    for given, path in directions:
        name = given or (networks[0][0] if networks else "")
        if name not in dict(networks):
            known = ", ".join(name for name, _ in networks)
            raise CatalogueError(f"{DIRECTIONS_SETTING}: there is no network {name!r}; there are {known or 'none'}")
        named[name] = path
    return named


def _directions_of(name: str, description: NetworkDescription, path: Path | None) -> tuple[library.Direction, ...]:
    source = path or library.default_directions_path(Path(description.path))
    if source is None:
        return ()
    try:
        return library.read_directions(source, description.num_ws, description.w_dim, description.sha256)
    except (StyleGanError, OSError) as error:
        setting = DIRECTIONS_SETTING if path else NETWORKS_SETTING
        raise CatalogueError(f"{setting}: directions of network {name!r}: {error}") from error


def _served(description: NetworkDescription, directions: Iterable[library.Direction]) -> ServedNetwork:
    network = Network(
        sha256=description.sha256,
        name=description.name,
        resolution=description.resolution,
        layers=description.num_ws,
        image_channels=description.image_channels,
        label_dim=description.label_dim,
    )
    return ServedNetwork(network, tuple(_known(direction) for direction in directions))


def _known(direction: library.Direction) -> Direction:
    emotion = None if direction.emotion is None else Emotion(direction.emotion)
    return Direction(direction.name, direction.sha256, emotion)
