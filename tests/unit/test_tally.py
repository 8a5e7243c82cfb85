"""A generation's status, from how its renders stand."""

import pytest

from domain.generations import GenerationStatus, Tally


@pytest.mark.parametrize(
    ("tally", "status"),
    [
        (Tally(queued=2), GenerationStatus.QUEUED),
        (Tally(queued=1, running=1), GenerationStatus.RUNNING),
        (Tally(queued=1, succeeded=1), GenerationStatus.RUNNING),
        (Tally(queued=1, failed=1), GenerationStatus.RUNNING),
        (Tally(running=1, canceled=1), GenerationStatus.RUNNING),
        (Tally(succeeded=3), GenerationStatus.SUCCEEDED),
        (Tally(succeeded=3, failed=1), GenerationStatus.FAILED),
        (Tally(succeeded=3, failed=1, canceled=1), GenerationStatus.CANCELED),
        (Tally(canceled=1), GenerationStatus.CANCELED),
    ],
)
def test_the_status_follows_from_the_renders(tally: Tally, status: GenerationStatus) -> None:
    assert tally.status is status
