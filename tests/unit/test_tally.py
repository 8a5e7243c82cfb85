"""A generation's status, from how its renders and its animation stand."""

import pytest

from domain.animations import AnimationState
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
        (Tally(queued=2, animation=AnimationState.WAITING), GenerationStatus.QUEUED),
        (Tally(succeeded=2, animation=AnimationState.WAITING), GenerationStatus.RUNNING),
        (Tally(succeeded=2, animation=AnimationState.QUEUED), GenerationStatus.RUNNING),
        (Tally(succeeded=2, animation=AnimationState.RUNNING), GenerationStatus.RUNNING),
        (Tally(succeeded=2, animation=AnimationState.SUCCEEDED), GenerationStatus.SUCCEEDED),
        (Tally(succeeded=2, animation=AnimationState.FAILED), GenerationStatus.FAILED),
        (Tally(succeeded=2, animation=AnimationState.CANCELED), GenerationStatus.CANCELED),
        (Tally(succeeded=1, failed=1, animation=AnimationState.CANCELED), GenerationStatus.FAILED),
    ],
)
def test_the_status_follows_from_the_renders(tally: Tally, status: GenerationStatus) -> None:
    assert tally.status is status


@pytest.mark.parametrize(
    ("tally", "due"),
    [
        (Tally(succeeded=2), None),
        (Tally(queued=1, succeeded=1, animation=AnimationState.WAITING), None),
        (Tally(running=1, failed=1, animation=AnimationState.WAITING), None),
        (Tally(succeeded=2, animation=AnimationState.WAITING), AnimationState.QUEUED),
        (Tally(succeeded=1, failed=1, animation=AnimationState.WAITING), AnimationState.CANCELED),
        (Tally(succeeded=1, canceled=1, animation=AnimationState.WAITING), AnimationState.CANCELED),
        (Tally(succeeded=2, animation=AnimationState.RUNNING), None),
    ],
)
def test_an_animation_is_due_when_all_of_its_frames_are_there(tally: Tally, due: AnimationState | None) -> None:
    assert tally.animation_due is due
