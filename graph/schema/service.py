"""What serves: its version, and how its devices are."""

from typing import Self

import strawberry

from domain.ports import EngineDevice
from graph.context import Info


@strawberry.type(description="Something that renders: a GPU or a CPU.")
class Device:
    name: str = strawberry.field(description="E.g. cuda:0 or cpu.")
    engine: str = strawberry.field(description="What runs on it, e.g. torch.")
    ready: bool = strawberry.field(description="Whether its canary face was rendered and it takes work.")
    detail: str | None = strawberry.field(
        description="When it is ready: the engine's version, the hardware and its memory. When not, the log says why."
    )

    @classmethod
    def from_domain(cls, device: EngineDevice) -> Self:
        """Why a device is not ready may name files and processes, which are nobody's business."""
        detail = device.detail if device.ready else None
        return cls(name=device.name, engine=device.engine, ready=device.ready, detail=detail)


@strawberry.type(description="This service.")
class Service:
    name: str = strawberry.field(description="Manganace.")
    version: str = strawberry.field(description="Of the software.")

    @strawberry.field(description="Whether every engine and the storage work, as /readyz answers.")
    async def ready(self, info: Info) -> bool:
        ready, _ = await info.context.services.readiness()
        return ready

    @strawberry.field(description="How many renders wait.")
    async def queue_length(self, info: Info) -> int:
        return await info.context.services.library.queue_length()

    @strawberry.field(description="What renders here.")
    def devices(self, info: Info) -> list[Device]:
        return [Device.from_domain(device) for device in info.context.services.engines.devices()]
