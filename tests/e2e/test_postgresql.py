"""The service on PostgreSQL, by one URL."""

import signal
from pathlib import Path

import pytest

from tests.e2e.server import running_service
from tests.e2e.test_stopping import ask_for_many, wait_until_all_end


@pytest.mark.parametrize("fresh_address", ["postgresql"], indirect=True)
def test_killed_on_postgresql_it_goes_on_at_once_after_the_next_start(fresh_address: str, tmp_path: Path) -> None:
    with running_service(tmp_path, database_url=fresh_address) as service:
        first = service.generate(seed=1)["generation"]["image"]
        accepted = ask_for_many(service, range(100, 130))
        service.stop(signal.SIGKILL)
    with running_service(tmp_path, database_url=fresh_address) as service:
        found = wait_until_all_end(service, timeout_s=25)  # shorter than a lease
        assert {found[generation] for generation in accepted} == {"SUCCEEDED"}
        assert service.generate(seed=1)["generation"]["image"]["url"] == first["url"]
