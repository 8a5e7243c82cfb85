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
from stylegan2.checkpoint import file_sha256
from stylegan2.errors import StyleGanError
from stylegan2.network import NetworkDescription

NETWORKS_SETTING = "MANGANACE_NETWORKS"
HASHES_SETTING = "MANGANACE_NETWORK_SHA256"
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
    networks: Sequence[tuple[str, Path]],
    directions: Sequence[tuple[str, Path]] = (),
    hashes: Sequence[tuple[str, str]] = (),
) -> LoadedCatalogue:
    """Read (name, file) pairs; a directions file named "" is the first network's. Blocks for seconds.

    A network in `hashes`, (name, SHA-256) pairs, is refused where its file has another. Networks without a pair in
    `directions` have those beside their file, if any. Raises CatalogueError.
    """
    files = _directions_by_name(networks, directions)
    descriptions = describe_networks(networks, hashes)
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


def describe_networks(
    networks: Sequence[tuple[str, Path]], hashes: Sequence[tuple[str, str]] = ()
) -> dict[str, NetworkDescription]:
    """Read the files, one after the other. Raises CatalogueError."""
    for name, path in networks:
        if not path.is_file():
            raise CatalogueError(f"{NETWORKS_SETTING}: network {name!r}: there is no file {path}")
    pinned = _pinned(networks, hashes)
    descriptions = {}
    for name, path in networks:
        try:
            if name in pinned:
                _refuse_others(name, file_sha256(path), pinned[name])
            descriptions[name] = _shown(describe_apart(name, path))
        except StyleGanError as error:
            raise CatalogueError(f"{NETWORKS_SETTING}: network {name!r}: {error}") from error
        if name in pinned:  # it may have been changed since
            _refuse_others(name, descriptions[name].sha256, pinned[name])
    _refuse_same(descriptions)
    return descriptions


def _pinned(networks: Sequence[tuple[str, Path]], hashes: Sequence[tuple[str, str]]) -> dict[str, str]:
    for name, _ in hashes:
        if name not in dict(networks):
            known = ", ".join(known for known, _ in networks)
            raise CatalogueError(f"{HASHES_SETTING}: there is no network {name!r}; there are {known or 'none'}")
    return dict(hashes)


def _refuse_others(name: str, sha256: str, wanted: str) -> None:
    if sha256 != wanted:
        raise CatalogueError(
            f"{HASHES_SETTING}: network {name!r}: its file's SHA-256 is {sha256}, and {wanted} is wanted; "
            "get the right file, or change the setting if the new one is meant"
        )


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
