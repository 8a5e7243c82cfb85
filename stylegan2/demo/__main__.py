"""`python -m stylegan2.demo COMMAND`: make the demo network, measure it, draw its sheets."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from stylegan2.demo.cost import cost
from stylegan2.demo.evaluation import Sweeps, answers, nearness, sweeps
from stylegan2.demo.faces import load
from stylegan2.demo.labels import relabel
from stylegan2.demo.report import Findings, report
from stylegan2.demo.seeds import study_seeds, write_seeds
from stylegan2.demo.sheets import sheets
from stylegan2.demo.training import Plan
from stylegan2.demo.workshop import NAME, Workshop


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)  # on cores that others use too, threads of one process wait for each other
    workshop = Workshop(options.work, options.shipped, say)
    if options.command in ("make", "train"):
        _train(workshop, options)
    if options.command in ("make", "export"):
        workshop.export(_plan(options))
        workshop.direct()
        relabel(workshop.shipped)
    if options.command in ("make", "seeds"):
        _seeds(workshop)
    if options.command in ("make", "evaluate"):
        _evaluate(workshop, options.people, options.workers)
    if options.command in ("make", "sheets"):
        _sheets(workshop, options.sheets)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m stylegan2.demo", description=__doc__)
    commands = ("make", "train", "export", "seeds", "evaluate", "sheets")
    parser.add_argument("command", choices=commands, help="make: all of them, one after the other")
    parser.add_argument("--work", type=Path, default=Path("build/demo-network"), help="checkpoints")
    parser.add_argument("--shipped", type=Path, default=Path("_pickles"), help="finished files")
    parser.add_argument("--sheets", type=Path, default=Path("docs"), help="pictures")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--size", help="tiny, small (128 px), medium or big (256 px); by device")
    parser.add_argument("--minutes", type=float, help="of training, over all resumptions; by device")
    parser.add_argument("--rate", type=float, help="of learning, at its highest; a third of the usual for --start")
    parser.add_argument("--workers", type=int, default=1, help="processes: trainers on a CPU, sweeps of the evaluation")
    parser.add_argument("--start", type=Path, help="a network file of ours to train further")
    parser.add_argument("--mapping-steps", type=int, default=3000)
    parser.add_argument("--people", type=int, default=200, help="seeds that the evaluation sweeps")
    return parser


def _plan(options: argparse.Namespace) -> Plan:
    cuda = options.device == "cuda" or (options.device == "auto" and torch.cuda.is_available())
    plan = Plan().on_gpu() if cuda else Plan()
    names = ("size", "minutes", "rate")
    given = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    if options.start is not None:
        given = {"rate": plan.rate / 3, "half_size_share": 0.0} | given
    return replace(plan, **given)


def _train(workshop: Workshop, options: argparse.Namespace) -> None:
    plan = _plan(options)
    workshop.work.mkdir(parents=True, exist_ok=True)
    say(f"size {plan.size} on {plan.device}, {plan.minutes:g} minutes; interrupt at any time, start again to resume")
    workshop.map_seeds(plan, options.mapping_steps)
    workshop.train(plan, options.workers if plan.device == "cpu" else 1, options.start)


def _seeds(workshop: Workshop) -> None:
    found = study_seeds()
    write_seeds(found, workshop.shipped / f"{NAME}.seeds.json")
    say(f"seeds: {len(found)} calm, frontal people")


def _evaluate(workshop: Workshop, people: int, workers: int) -> None:
    path = workshop.network_path
    faces = load(path)
    near = [nearness(faces, psi) for psi in (0.5, 0.7, 1.0)]
    say("evaluate: pictures against portraits")
    found = answers(faces, min(people, 16))
    say("evaluate: emotions")
    swept = Sweeps(0)
    for swept in sweeps(path, people, workers):
        if swept.people % 10 == 0:
            say(f"evaluate: swept {swept.people} of {people} seeds")
    findings = Findings(path, faces, near, found, swept, cost(path))
    target = workshop.shipped / f"{NAME}.report.md"
    target.write_text(report(findings), encoding="utf-8")
    say(f"evaluate: wrote {target}")


def _sheets(workshop: Workshop, folder: Path) -> None:
    sitters = {(person.sex, person.skin): person.seed for person in reversed(study_seeds(1))}
    chosen = [
        sitters[key] for key in (("woman", "lighter"), ("man", "darker"), ("woman", "medium"), ("man", "lighter"))
    ]
    folder.mkdir(parents=True, exist_ok=True)
    for sheet in sheets(load(workshop.network_path), chosen):
        say(f"sheets: wrote {sheet.save(folder)}")


if __name__ == "__main__":
    main()
