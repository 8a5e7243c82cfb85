"""What /metrics tells Prometheus, in a registry of its own."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)

OUTCOMES = ("succeeded", "failed", "handed_back")
STAGES = ("queue", "render", "encode", "store")


class Metrics:
    """Counters that the dispatcher moves, and gauges that are asked when somebody looks."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._renders = Counter(
            "manganace_renders", "Attempts to make a picture, by how they ended.", ["outcome"], registry=self.registry
        )
        self._seconds = Histogram(
            "manganace_render_seconds",
            "What a picture took: waiting, the engine's batch, encoding, storing.",
            ["stage"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self._waiting = self._gauge("manganace_renders_waiting", "Renders that wait in the ledger.")
        for outcome in OUTCOMES:
            self._renders.labels(outcome)
        for stage in STAGES:
            self._seconds.labels(stage)

    def render_ended(self, outcome: str) -> None:
        """One of `OUTCOMES`."""
        self._renders.labels(outcome).inc()

    def picture_made(self, *, queue_ms: float, render_ms: float, encode_ms: float, store_ms: float) -> None:
        for stage, milliseconds in zip(STAGES, (queue_ms, render_ms, encode_ms, store_ms), strict=True):
            self._seconds.labels(stage).observe(milliseconds / 1000)

    def renders_wait(self, count: int) -> None:
        self._waiting.set(count)

    def watch_devices(self, ready: Callable[[], float]) -> None:
        self._gauge("manganace_devices_ready", "Devices whose canary face rendered.").set_function(ready)

    def watch_listeners(self, listeners: Callable[[], float]) -> None:
        self._gauge("manganace_listeners", "Open subscriptions and waits.").set_function(listeners)

    def watch_claims(self, in_hand: Callable[[], float]) -> None:
        self._gauge("manganace_renders_in_hand", "Renders that this process has claimed.").set_function(in_hand)

    def exposition(self) -> tuple[bytes, str]:
        """What /metrics answers, and its media type."""
        return generate_latest(self.registry), CONTENT_TYPE_PLAIN_0_0_4

    def _gauge(self, name: str, meaning: str) -> Gauge:
        return Gauge(name, meaning, registry=self.registry)
