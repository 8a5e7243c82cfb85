"""The part of the product between the last frame of a morph and its file, beside a service of `graphql_service`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from domain.services.animating import AnimationLedger
from infrastructure.animations.animator import Animator, AnimatorOptions
from tests.integration.graphql_service import GraphQLService

QUICK = AnimatorOptions(poll_s=0.1, pause_s=0.01, retry_s=0.02)


def ledger_of(service: GraphQLService, worker: str = "test", lease_s: float = 30.0) -> AnimationLedger:
    return AnimationLedger(service.database.units, service.wake_ups, worker, lease_s)


@asynccontextmanager
async def animating(service: GraphQLService, *, alone: bool = True) -> AsyncIterator[Animator]:
    animator = Animator(ledger_of(service), service.files, "Manganace test", QUICK)
    animator.start(alone=alone)
    try:
        yield animator
    finally:
        await animator.stop()
