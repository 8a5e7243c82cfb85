"""One service for the tests that do not stop it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.server import RunningService, running_service


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("service")


@pytest.fixture(scope="session")
def service(data_dir: Path) -> Iterator[RunningService]:
    with running_service(data_dir) as running:
        yield running
