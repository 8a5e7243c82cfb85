"""A study of 6,300 images, 50 faces with six emotions at 21 steps: what is said before, what it takes, and its memory.

BENCH_FACES takes another, even number of faces, of at most as many as the network's curated pool has.
"""

import os
import tempfile
import time
from pathlib import Path

import httpx

from tests.benchmarks.networks import default_network
from tests.benchmarks.tables import print_table
from tests.e2e.server import RunningService, running_service

FACES = int(os.environ.get("BENCH_FACES", "50"))
SHARES = (0.0, 0.1, 0.5, 1.0)
"""Of the images, at which memory is looked at."""

MIB = 1 << 20
CREATE = "mutation($input: CreateStudyInput!) { createStudy(input: $input) { study { id } userErrors { message } } }"
ESTIMATE = "query($id: ID!) { studyEstimate(studyId: $id) { images pictures missing seconds sizeBytes } }"
RENDER = "mutation($id: ID!) { renderStudy(input: {id: $id}) { generation { id } userErrors { message } } }"
PROGRESS = "query($id: ID!) { study(id: $id) { rendering { status done total } } }"
PACK = "mutation($id: ID!) { packStimuli(input: {studyId: $id}) { pack { url } userErrors { message } } }"


def run() -> None:
    name, path = default_network()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_service(Path(folder), networks=f"{name}={path}", directions="", threads="") as service,
    ):
        for seed in range(20):  # so that a pace and a size are known
            service.generate(seed=seed)
        study_id, before = _study(service), _stored_bytes(Path(folder))
        started = time.perf_counter()
        said = service.data(ESTIMATE, {"id": study_id})["studyEstimate"]
        estimate_ms = (time.perf_counter() - started) * 1000
        rows, taken_s = _rendered(service, study_id)
        rows.append(["packed", *_memory(service, _pack(service, study_id))])
        used = _stored_bytes(Path(folder)) - before
    print_table(
        f"A study of {said['images']} images, {name}; said before and found",
        ["", "pictures", "seconds", "MiB", "estimate ms"],
        [
            [
                "said",
                said["pictures"],
                f"{said['seconds']:.0f}",
                f"{said['sizeBytes'] / MIB:.1f}",
                f"{estimate_ms:.0f}",
            ],
            ["found", said["pictures"], f"{taken_s:.0f}", f"{used / MIB:.1f}", ""],
        ],
    )
    print_table("Memory in MiB (resident)", ["images", "service", "its children"], rows)


def _study(service: RunningService) -> str:
    design = {"faces": FACES, "overlap": FACES, "participants": 1}
    made = service.data(CREATE, {"input": {"name": "large", "consentText": "I agree.", "design": design}})
    study_id: str = made["createStudy"]["study"]["id"]
    return study_id


def _rendered(service: RunningService, study_id: str) -> tuple[list[list[object]], float]:
    """Memory at each of SHARES, and the seconds that all of it took."""
    started, rows, left = time.perf_counter(), list[list[object]](), list(SHARES)
    service.data(RENDER, {"id": study_id})
    while left:
        rendering = service.data(PROGRESS, {"id": study_id})["study"]["rendering"]
        if rendering["done"] >= left[0] * rendering["total"]:
            rows.append([rendering["done"], *_memory(service)])
            del left[0]
        assert rendering["status"] not in ("FAILED", "CANCELED")
        time.sleep(0.5)
    return rows, time.perf_counter() - started


def _pack(service: RunningService, study_id: str) -> int:
    """Download everything, and the most memory that the service took meanwhile, in KiB."""
    url, most = service.data(PACK, {"id": study_id})["packStimuli"]["pack"]["url"], 0
    with httpx.stream("GET", f"{service.url}{url}", timeout=60) as response:
        for number, _ in enumerate(response.iter_bytes(1 << 20)):
            most = max(most, _resident_kib(service.process.pid)) if number % 10 == 0 else most
    return most


def _stored_bytes(data_dir: Path) -> int:
    return sum(file.stat().st_size for file in (data_dir / "static" / "images").rglob("*.png"))


def _memory(service: RunningService, own_kib: int | None = None) -> list[object]:
    children = sum(_resident_kib(pid) for pid in _descendants(service.process.pid))
    return [f"{(own_kib or _resident_kib(service.process.pid)) / 1024:.0f}", f"{children / 1024:.0f}"]


def _resident_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0])


def _descendants(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    others = [
        child
        for thread in Path(f"/proc/{pid}/task").iterdir()
        if thread.name != str(pid)
        for child in (thread / "children").read_text(encoding="utf-8").split()
    ]
    found = [int(child) for child in (*children, *others)]
    return [*found, *(further for child in found for further in _descendants(child))]
