"""What an operator sees: health, metrics, logs, the command line."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.e2e.server import ENGINE, GOLDEN, PROJECT, RunningService, command, running_service


def test_live_and_ready_once_a_canary_face_was_rendered(service: RunningService) -> None:
    assert httpx.get(f"{service.url}/livez").status_code == 200
    ready = httpx.get(f"{service.url}/readyz")
    assert ready.status_code == 200
    devices = service.data("{ service { ready devices { name engine ready } } }")["service"]
    engine = "openvino" if ENGINE == "auto" else ENGINE
    assert devices == {"ready": True, "devices": [{"name": "cpu", "engine": engine, "ready": True}]}


def test_metrics_count_renders_by_outcome(service: RunningService) -> None:
    service.generate(seed=600)
    metrics = httpx.get(f"{service.url}/metrics")
    assert metrics.headers["content-type"].startswith("text/plain")
    assert 'manganace_renders_total{outcome="succeeded"}' in metrics.text


def test_one_line_a_generation_is_logged_with_its_milliseconds(service: RunningService) -> None:
    service.generate(seed=601)
    lines = [json.loads(line) for line in service.log.read_text().splitlines() if line.startswith("{")]
    timed = [line for line in lines if "render_ms" in line]
    assert timed
    assert {"generation_id", "device", "queue_ms", "render_ms", "encode_ms", "store_ms"} <= timed[-1].keys()


def test_the_api_process_does_not_import_torch() -> None:
    code = "import sys, main; assert 'torch' not in sys.modules, 'torch'; assert 'django' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=True, timeout=60)


def test_generate_writes_pictures_with_their_recipe_and_names_them_by_seed(tmp_path: Path) -> None:
    from infrastructure.recipe_reading import recipe_from_png

    done = command(
        tmp_path, "generate", "--network", str(GOLDEN), "--directions", str(tmp_path / "tiny.directions.safetensors"),
        "--seeds", "0,42-43", "--psi", "0.7", "--emotion", "happy=0.8", "--out", str(tmp_path / "out"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "seed0000.png",
        "seed0042.png",
        "seed0043.png",
    ]
    recipe = recipe_from_png((tmp_path / "out" / "seed0042.png").read_bytes())
    assert (recipe.seed, recipe.psi) == (42, 0.7)
    assert [(edit.direction, edit.strength) for edit in recipe.edits] == [("neutral->happy", 0.8)]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--seeds", "x", "--out", "out"], "not a seed"),
        (["--seeds", "1", "--out", "out", "--network", "missing.pkl"], "missing.pkl"),
        (["--seeds", "1", "--out", "out", "--psi", "9"], "truncationPsi"),
        (["--seeds", "1", "--out", "out", "--label", "1"], "label"),
    ],
)
def test_generate_refuses_what_does_not_fit_in_one_line(tmp_path: Path, arguments: list[str], says: str) -> None:
    options = [argument if argument != "out" else str(tmp_path / "out") for argument in arguments]
    done = command(tmp_path, "generate", *options)
    assert done.returncode in (1, 2)
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_network_is_inspected_and_converted_without_an_engine(tmp_path: Path) -> None:
    target = tmp_path / "tiny.safetensors"
    assert command(tmp_path, "networks", "convert", str(GOLDEN), str(target)).returncode == 0
    shown = command(tmp_path, "networks", "inspect", str(target))
    assert shown.returncode == 0
    assert "32" in shown.stdout
    assert "sha256" in shown.stdout


def test_a_file_that_is_no_network_is_refused_at_the_start_with_the_settings_name(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pkl"
    broken.write_bytes(GOLDEN.read_bytes()[:5000])
    done = command(tmp_path, "networks", "inspect", str(broken))
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    with running_service(tmp_path, ready=False, networks=f"broken={broken}") as service:
        assert service.process.wait(60) == 1
        assert "broken" in service.log.read_text()
        assert "Traceback" not in service.log.read_text()


def test_sweep_removes_old_files_that_no_row_names(tmp_path: Path) -> None:
    with running_service(tmp_path) as service:
        image = service.generate(seed=1)["generation"]["image"]
        beside = command(tmp_path, "sweep", "--grace", "0")
        assert beside.returncode == 1
        assert "the service is running" in beside.stderr
        service.data("mutation { exportImages(input: {filter: {}}) { export { total } } }")
    orphan = tmp_path / "static" / "images" / "00" / f"{'0' * 64}.png"
    orphan.parent.mkdir(parents=True, exist_ok=True)
    orphan.write_bytes(b"x")
    assert command(tmp_path, "sweep").returncode == 0
    assert orphan.exists(), "younger than the grace time"
    assert exports_after_a_day(tmp_path) == 1
    done = command(tmp_path, "sweep", "--grace", "0")
    assert done.returncode == 0, done.stderr
    assert not orphan.exists()
    assert (tmp_path / image["url"].lstrip("/")).exists()
    assert exports_after_a_day(tmp_path) == 0, "a sweep forgets those that have expired"


def exports_after_a_day(folder: Path) -> int:
    """How many there are; a day later they are older by a day."""
    with closing(sqlite3.connect(folder / "manganace.sqlite3")) as database:
        database.execute("UPDATE exports SET created_at = created_at - 86400000000")
        database.commit()
        (count,) = database.execute("SELECT count(*) FROM exports").fetchone()
    return int(count)
