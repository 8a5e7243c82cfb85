"""Writes what was measured as a page beside the files, goals that were missed included."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from stylegan2.checkpoint import file_sha256
from stylegan2.demo.cost import Cost
from stylegan2.demo.evaluation import PSI, STEPS, Answers, Nearness, Sweeps
from stylegan2.demo.expression import ACTION_UNITS, EMOTIONS, prototypes
from stylegan2.demo.faces import Faces


@dataclass(frozen=True, slots=True)
class Findings:
    path: Path
    faces: Faces
    nearness: Sequence[Nearness]
    answers: Answers
    sweeps: Sweeps
    cost: Cost


def report(findings: Findings) -> str:
    """Markdown."""
    parts = [_head(findings), _nearness(findings), _emotions(findings), _identity(findings), _goals(findings)]
    return "\n\n".join(parts) + "\n"


def _head(findings: Findings) -> str:
    network = findings.faces.network
    size = network.synthesis.resolution
    return (
        "# The demo network, measured\n\n"
        "Written by `python -m stylegan2.demo evaluate`; do not edit. How the network came to be is in README.md.\n\n"
        f"`{findings.path.name}`: {size}x{size}, {network.parameter_count / 1e6:.1f} million parameters, "
        f"{findings.path.stat().st_size / 1e6:.1f} MB, sha256 `{file_sha256(findings.path)}`."
    )


def _nearness(findings: Findings) -> str:
    rows = [[f"{each.psi:g}", f"{each.psnr:.1f}", f"{each.l1:.2f}"] for each in findings.nearness]
    table = _table(["psi", "PSNR, dB", "mean absolute error, of 255"], rows)
    return f"## Pictures against the renderer, people never seen\n\n{table}"


def _emotions(findings: Findings) -> str:
    found = findings.answers
    text = (
        f"{found.people} calm people at psi {PSI:g}, strength 1. A generated change is written, by least squares over "
        "the pixels (at a quarter of the size), as a sum of the changes that the renderer draws on the same person. "
        "1 on the diagonal is all of the rendered emotion; what stands beside it leaks."
    )
    shares = _table(["direction", *EMOTIONS], _rows(EMOTIONS, found.shares))
    wanted = _table(["direction", *ACTION_UNITS], _rows(EMOTIONS, prototypes()))
    units = _table(["direction", *ACTION_UNITS], _rows(EMOTIONS, found.units))
    return (
        f"## What each emotion does\n\n{text}\n\n{shares}\n\n"
        f"The wanted emotion has the largest share in {found.recognised:.0%} of the pictures.\n\n"
        "Action units that the pictures show, read near the rendered emotion (what is left of the generated change "
        f"is written as a sum of small changes of single units):\n\n{units}\n\n"
        f"and those that the emotion consists of:\n\n{wanted}"
    )


def _identity(findings: Findings) -> str:
    found = findings.answers
    rows = [
        [emotion, f"{float(moved):.3f}", f"{float(floor):.3f}", f"{findings.sweeps.monotone[emotion]:.1%}"]
        for emotion, moved, floor in zip(EMOTIONS, found.identity, found.identity_rendered, strict=True)
    ]
    table = _table(["direction", "identity moves", "the same, rendered", "monotone"], rows)
    return (
        "## Identity and evenness\n\n"
        "Identity: mean distance of the identity factors, in standard deviations of people, at strength 1. Rendered "
        "emotions move nobody, so that their column is the error of the reading. "
        f"Monotone: share of {findings.sweeps.people} seeds, as they come, whose emotion never shrinks over "
        f"{STEPS} steps from strength 0 to 1. Its intensity is the one at which the "
        f"renderer, drawing the same person, comes nearest.\n\n{table}"
    )


def _goals(findings: Findings) -> str:
    found, cost = findings.answers, findings.cost
    weakest, leak = float(found.shares.diagonal().min()), _largest_leak(found.shares)
    even = min(findings.sweeps.monotone.values())
    checks = [
        ("Every emotion reaches 0.9 of the rendered one", f"{weakest:.2f}", weakest >= 0.9),
        ("Leak into any other emotion below 0.15", f"{leak:.2f}", leak < 0.15),
        ("Identity moves less than 0.10", f"{float(found.identity.max()):.3f}", float(found.identity.max()) < 0.1),
        ("Monotone for 95% of seeds", f"{even:.1%}", even >= 0.95),
        ("A face in less than 150 ms on one core", f"{cost.milliseconds:.0f} ms", cost.milliseconds < 150),
        ("At most 20 MB", f"{findings.path.stat().st_size / 1e6:.1f} MB", findings.path.stat().st_size <= 20e6),
    ]
    if cost.process_mb is not None:
        checks.append(("Engine process below 700 MB", f"{cost.process_mb:.0f} MB", cost.process_mb < 700))
    rows = [[goal, value, "met" if met else "missed"] for goal, value, met in checks]
    return (
        f"## Goals\n\n{_table(['goal', 'measured', ''], rows)}\n\n"
        f"Times: median of single faces from seed to pixels; the fastest took {cost.fastest_ms:.0f} ms."
    )


def _largest_leak(shares: Tensor) -> float:
    beside = shares.clone().fill_diagonal_(0)
    return float(beside.abs().max())


def _rows(names: Sequence[str], values: Tensor) -> list[list[str]]:
    return [[name, *(f"{value:.2f}" for value in row)] for name, row in zip(names, values.tolist(), strict=True)]


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
