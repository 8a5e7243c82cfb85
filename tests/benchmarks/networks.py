"""Which network the benchmarks run: the one that the settings name first."""

from pathlib import Path

from infrastructure.settings import read_settings


def default_network() -> tuple[str, Path]:
    name, path = read_settings().networks[0]
    return name, path.resolve()
