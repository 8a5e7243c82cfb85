"""What an operator's Prometheus reads."""

from prometheus_client.parser import text_string_to_metric_families

from infrastructure.metrics import Metrics


def samples(metrics: Metrics) -> dict[tuple[str, str], float]:
    body, media_type = metrics.exposition()
    assert media_type.startswith("text/plain")
    return {
        (sample.name, ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


def test_every_outcome_and_stage_is_there_before_the_first_picture() -> None:
    found = samples(Metrics())
    assert {found["manganace_renders_total", outcome] for outcome in ("succeeded", "failed", "handed_back")} == {0.0}
    assert {found["manganace_render_seconds_count", stage] for stage in ("queue", "render", "encode", "store")} == {0.0}
    assert found["process_resident_memory_bytes", ""] > 0


def test_pictures_are_counted_in_seconds_by_stage() -> None:
    metrics = Metrics()
    metrics.render_ended("succeeded")
    metrics.picture_made(queue_ms=4000, render_ms=300, encode_ms=20, store_ms=1)
    found = samples(metrics)
    assert found["manganace_renders_total", "succeeded"] == 1
    assert [found["manganace_render_seconds_sum", stage] for stage in ("queue", "render", "encode", "store")] == [
        4.0,
        0.3,
        0.02,
        0.001,
    ]


def test_gauges_are_asked_when_somebody_looks() -> None:
    metrics = Metrics()
    ready = [1.0]
    metrics.watch_devices(lambda: ready[0])
    metrics.watch_listeners(lambda: 7)
    metrics.watch_claims(lambda: 3)
    metrics.renders_wait(12)
    ready[0] = 2.0
    found = samples(metrics)
    assert found["manganace_devices_ready", ""] == 2
    assert found["manganace_listeners", ""] == 7
    assert found["manganace_renders_in_hand", ""] == 3
    assert found["manganace_renders_waiting", ""] == 12
