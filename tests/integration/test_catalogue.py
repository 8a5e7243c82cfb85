"""What the settings name becomes what is served, or a message that says which of them is wrong."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from domain.networks import Emotion
from infrastructure.catalogue import CatalogueError, load_catalogue
from stylegan2.checkpoint import read_network
from stylegan2.directions import Direction, write_directions

GOLDEN = Path(__file__).parents[1] / "golden"
SKIP, CONDITIONAL, RESNET = GOLDEN / "skip32.pkl", GOLDEN / "cond32.pkl", GOLDEN / "resnet32.pkl"


def directions_file(path: Path, network: Path, *, of_network: str = "any", scale: float = 1.0) -> Path:
    read = read_network(network)
    offset = np.full((read.synthesis.num_ws, read.synthesis.w_dim), scale, np.float32)
    write_directions(
        [Direction("smile", "happy", 1.0, offset, of_network), Direction("age", None, 1.0, 2 * offset, of_network)],
        path,
    )
    return path


def test_networks_are_served_in_the_order_of_the_settings_with_their_sizes() -> None:
    loaded = load_catalogue([("faces", SKIP), ("classes", CONDITIONAL)])
    assert loaded.catalogue.names == ("faces", "classes")
    faces, classes = (served.network for served in loaded.catalogue.served)
    read = read_network(SKIP)
    assert (faces.sha256, faces.resolution, faces.layers) == (read.sha256, 32, 8)
    assert (faces.label_dim, classes.label_dim) == (0, read_network(CONDITIONAL).mapping.label_dim)
    assert np.array_equal(loaded.descriptions["faces"].w_avg, read.w_avg)
    assert loaded.descriptions["faces"].w_avg.dtype == np.float32


def test_directions_lie_beside_the_network_or_are_named(tmp_path: Path) -> None:
    beside = tmp_path / "net.pkl"
    shutil.copy(SKIP, beside)
    directions_file(tmp_path / "net.directions.safetensors", SKIP)
    named = directions_file(tmp_path / "other.safetensors", SKIP, scale=3.0)
    found = load_catalogue([("faces", beside)]).catalogue.served[0].directions
    assert [(direction.name, direction.emotion) for direction in found] == [("smile", Emotion.HAPPY), ("age", None)]
    for name in ("faces", ""):
        loaded = load_catalogue([("faces", beside), ("plain", RESNET)], [(name, named)])
        instead, none = (served.directions for served in loaded.catalogue.served)
        assert none == ()
        assert {direction.sha256 for direction in instead}.isdisjoint(direction.sha256 for direction in found)
        network = loaded.catalogue.served[0].network
        assert {loaded.directions[network.sha256, direction.sha256].name for direction in instead} == {"smile", "age"}


def test_what_cannot_be_used_is_named_with_its_setting(tmp_path: Path) -> None:
    torn = tmp_path / "torn.pkl"
    torn.write_bytes(SKIP.read_bytes()[:1000])
    strange = directions_file(tmp_path / "strange.safetensors", SKIP, of_network="f" * 64)
    refusals = [
        ([("a", tmp_path / "missing.pkl")], [], r"MANGANACE_NETWORKS: network 'a': there is no file .*missing\.pkl"),
        ([("a", torn)], [], r"MANGANACE_NETWORKS: network 'a': torn\.pkl: "),
        ([("a", SKIP), ("b", SKIP)], [], "'a' and 'b' are the same file"),
        ([("a", SKIP)], [("b", strange)], "MANGANACE_DIRECTIONS: there is no network 'b'; there are a"),
        ([("a", SKIP)], [("a", strange)], "MANGANACE_DIRECTIONS: directions of network 'a': .*made for the network"),
        ([("a", SKIP)], [("a", tmp_path / "no")], "MANGANACE_DIRECTIONS: directions of network 'a'"),
    ]
    for networks, directions, says in refusals:
        with pytest.raises(CatalogueError, match=says):
            load_catalogue(networks, directions)


def test_without_networks_there_is_an_empty_catalogue() -> None:
    assert load_catalogue([]).catalogue.served == ()


def test_a_pinned_network_is_served_from_its_own_file_only(tmp_path: Path) -> None:
    pinned = load_catalogue([("faces", SKIP)]).descriptions["faces"].sha256
    assert load_catalogue([("faces", SKIP)], (), [("faces", pinned)]).descriptions["faces"].sha256 == pinned
    hostile = tmp_path / "faces.pkl"
    hostile.write_bytes(b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R.")
    for other in (RESNET, hostile):
        with pytest.raises(CatalogueError, match=f"MANGANACE_NETWORK_SHA256: network 'faces'.*{pinned} is wanted"):
            load_catalogue([("faces", other)], (), [("faces", pinned)])
    with pytest.raises(CatalogueError, match="MANGANACE_NETWORK_SHA256: there is no network 'cats'; there are faces"):
        load_catalogue([("faces", SKIP)], (), [("cats", pinned)])
