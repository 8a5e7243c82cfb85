"""How many cores count: those this process may use, and what its container's quota pays for."""

from pathlib import Path

import pytest

from infrastructure.cores import cpu_quota, usable_cores


def machine(folder: Path, membership: str, **files: str) -> dict[str, Path]:
    """Control groups as a system shows them; a file's name has __ for a slash and _ for a dot's place."""
    for name, content in files.items():
        file = folder / name.replace("__", "/")
        file = file.with_name(file.name.replace("cpu_max", "cpu.max").replace("cpu_cfs", "cpu.cfs"))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    member = folder / "membership"
    member.write_text(membership)
    return {"cgroups": folder, "membership": member}


def test_version_2_gives_its_quota(tmp_path: Path) -> None:
    assert cpu_quota(**machine(tmp_path, "0::/\n", cpu_max="150000 100000\n")) == 1.5


def test_a_group_above_may_allow_less(tmp_path: Path) -> None:
    files = {"box__cpu_max": "200000 100000", "box__service__cpu_max": "max 100000"}
    assert cpu_quota(**machine(tmp_path, "0::/box/service\n", **files)) == 2.0


def test_version_1_gives_its_quota(tmp_path: Path) -> None:
    files = {"cpu__docker__cpu_cfs_quota_us": "50000\n", "cpu__docker__cpu_cfs_period_us": "100000\n"}
    assert cpu_quota(**machine(tmp_path, "4:cpu,cpuacct:/docker\n3:memory:/docker\n", **files)) == 0.5


def test_a_container_that_sees_its_own_group_as_the_root_finds_it(tmp_path: Path) -> None:
    files = {"cpu__cpu_cfs_quota_us": "300000", "cpu__cpu_cfs_period_us": "100000"}
    assert cpu_quota(**machine(tmp_path, "4:cpuacct,cpu:/docker/0123\n", **files)) == 3.0


@pytest.mark.parametrize("files", [{"cpu_max": "max 100000"}, {"cpu__cpu_cfs_quota_us": "-1"}, {}])
def test_without_a_bound_there_is_no_quota(tmp_path: Path, files: dict[str, str]) -> None:
    assert cpu_quota(**machine(tmp_path, "4:cpu:/\n0::/\n", **files)) is None


def test_there_is_always_a_core(monkeypatch: pytest.MonkeyPatch) -> None:
    assert usable_cores() >= 1
    monkeypatch.setattr("infrastructure.cores.cpu_quota", lambda: 0.3)
    assert usable_cores() == 1
