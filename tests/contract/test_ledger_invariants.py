"""Random sequences of everything that can happen to renders, late and repeated answers among them."""

from collections.abc import Sequence
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.generations import ClaimedRender, GenerationFilter, GenerationStatus
from domain.paging import PageRequest
from infrastructure.database import Database
from tests.fixtures.invariants import check_invariants
from tests.fixtures.ledger import HAPPY, Ledger, recipe

SEEDS = st.lists(st.integers(0, 3), min_size=1, max_size=4)
STEPS = st.one_of(
    st.tuples(st.just("accept"), SEEDS),
    st.tuples(st.just("claim"), st.integers(1, 4)),
    st.tuples(st.just("claim_and_stall"), st.integers(1, 4)),
    st.tuples(st.sampled_from(["finish", "fail", "fail_for_good", "hand_back", "renew"]), st.integers(0, 20)),
    st.tuples(st.just("cancel"), st.integers(0, 20)),
    st.tuples(st.sampled_from(["requeue", "requeue_everything"]), st.just(0)),
)
_rounds = count()


class Run:
    """Remembers every claim it ever got, so that it can answer late and twice."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.first_seed = next(_rounds) * 4
        self.claims: list[ClaimedRender] = []
        self.accepted: list[str] = []

    def some(self, number: int) -> Sequence[ClaimedRender]:
        start = number % (len(self.claims) + 1)
        return self.claims[start : start + 3]

    async def accept(self, seeds: list[int]) -> None:
        recipes = [recipe(self.first_seed + seed, (HAPPY, 1.0)) for seed in seeds]
        self.accepted.append(await self.ledger.accept(*recipes))

    async def take(self, step: str, value: int) -> None:
        match step:
            case "claim":
                self.claims += await self.ledger.claim(value)
            case "claim_and_stall":
                self.claims += await self.ledger.claim(value, lease_s=-1)
            case "finish":
                await self.ledger.finish(self.some(value), f"rendering {value}")
            case "fail":
                await self.ledger.fail(self.some(value))
            case "fail_for_good":
                await self.ledger.fail(self.some(value), final=True)
            case "hand_back":
                await self.ledger.hand_back(self.some(value))
            case "renew":
                await self.ledger.renew(self.some(value))
            case "cancel" if self.accepted:
                await self.ledger.cancel(self.accepted[value % len(self.accepted)])
            case "requeue" | "requeue_everything":
                await self.ledger.requeue(everything=step == "requeue_everything")


@pytest.mark.fault
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(STEPS, max_size=25))
async def test_rows_agree_after_any_sequence_and_everything_ends(
    database: Database, ledger: Ledger, steps: list[tuple[str, int | list[int]]]
) -> None:
    run = Run(ledger)
    await run.accept([0, 1, 1, 2])
    for step, value in steps:
        if isinstance(value, list):
            await run.accept(value)
        else:
            await run.take(step, value)
    await check_invariants(database)
    await ledger.requeue(everything=True)
    while claims := await ledger.claim(3):
        await ledger.finish(claims)
    await check_invariants(database)
    unfinished = (GenerationStatus.QUEUED, GenerationStatus.RUNNING)
    async with ledger.units.reading() as unit:
        assert (await unit.generations.history(PageRequest(""), GenerationFilter(status=unfinished))).entries == ()
        assert await unit.renders.waiting() == 0
