"""What resolvers have at hand: the services, and the reads and the name of the one request they answer."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import strawberry

from domain.access import Caller
from domain.animations import AnimationPace
from domain.networks import Catalogue
from domain.ports import Engines, Packing
from domain.services.admission import Admission
from domain.services.auditing import Audit
from domain.services.collections import Collections
from domain.services.deletion import Deletion
from domain.services.explorations import Explorations
from domain.services.exports import Exports
from domain.services.faces import Faces
from domain.services.library import Library
from domain.services.morphs import Morphs
from domain.services.restoring import Restoring
from domain.services.sessions import Sessions
from domain.services.studies.deleting import StudyDeletion
from domain.services.studies.packing import StimulusPacks
from domain.services.studies.pooling import SeedPools
from domain.services.studies.rendering import StudyRendering
from domain.services.studies.reporting import Reporting
from domain.services.studies.researching import Research
from domain.services.studies.taking_part import TakingPart
from domain.services.tags import Tags
from domain.services.taking import TakingAway
from domain.services.verifying import Verifying
from domain.services.watching import Watching
from domain.studies.ports import StudyLinks
from graph.loaders import Loaders
from graph.urls import PictureUrls

T = TypeVar("T")

Readiness = Callable[[], Awaitable[tuple[bool, Mapping[str, object]]]]
"""Whether everything that a face needs works, and what was looked at."""


@dataclass(frozen=True, slots=True)
class Services:
    faces: Faces
    explorations: Explorations
    morphs: Morphs
    watching: Watching
    library: Library
    sessions: Sessions
    collections: Collections
    tags: Tags
    deletion: Deletion
    taking: TakingAway
    exports: Exports
    packing: Packing
    verifying: Verifying
    restoring: Restoring
    research: Research
    seed_pools: SeedPools
    study_rendering: StudyRendering
    study_deletion: StudyDeletion
    stimulus_packs: StimulusPacks
    taking_part: TakingPart
    reporting: Reporting
    study_links: StudyLinks
    catalogue: Catalogue
    engines: Engines
    readiness: Readiness
    audit: Audit
    urls: PictureUrls = field(default_factory=PictureUrls)
    animation_pace: AnimationPace = field(default_factory=AnimationPace)
    version: str = "0"
    admission: Admission = field(default_factory=Admission)


@dataclass(slots=True)
class Context:
    """One operation's, although a WebSocket's operations come from one context: see `for_operation`."""

    services: Services
    loaders: Loaders
    request_id: str
    caller: Caller

    @classmethod
    def fresh(cls, services: Services, caller: Caller) -> "Context":
        return cls(services, Loaders(services.library, caller), secrets.token_hex(8), caller)

    def for_operation(self) -> "Context":
        return Context.fresh(self.services, self.caller)

    async def changing(self, verb: Awaitable[T]) -> T:
        """Carry out a verb of a mutation, after which nothing counts that was read before."""
        try:
            return await verb
        finally:
            self.forget_reads()

    def forget_reads(self) -> None:
        """Before each event of a subscription: what was read for the last one may be old."""
        self.loaders = Loaders(self.services.library, self.caller)


Info = strawberry.Info[Context, None]
