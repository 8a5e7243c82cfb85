"""`networks`: look into network files and convert them; no engine is started."""

import argparse
from pathlib import Path
from typing import Any

from infrastructure.commands.composition import Composition
from infrastructure.settings import Settings
from stylegan2.directions import default_directions_path


def add_to(commands: Any) -> None:
    parser = commands.add_parser("networks", help="inspect, convert or list networks")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    inspect = verbs.add_parser("inspect", help="what is in a network's file")
    inspect.add_argument("file", type=Path)
    inspect.set_defaults(run=run_inspect)
    convert = verbs.add_parser("convert", help="write a network as safetensors")
    convert.add_argument("source", type=Path)
    convert.add_argument("target", type=Path)
    convert.add_argument("--half", action="store_true", help="16-bit floats: half the size, a little less exact")
    convert.set_defaults(run=run_convert)
    verbs.add_parser("list", help="the networks that the settings name").set_defaults(run=run_list)


def run_inspect(options: argparse.Namespace, settings: Settings, composition: Composition) -> int:
    from stylegan2.checkpoint import inspect_text

    print(inspect_text(options.file))
    return 0


def run_convert(options: argparse.Namespace, settings: Settings, composition: Composition) -> int:
    from stylegan2.checkpoint import convert

    convert(options.source, options.target, half=options.half)
    print(f"wrote {options.target}")
    return 0


def run_list(options: argparse.Namespace, settings: Settings, composition: Composition) -> int:
    named = dict(settings.directions)
    for index, (name, path) in enumerate(settings.networks):
        directions = named.get(name) or (named.get("") if index == 0 else None) or default_directions_path(path)
        print(f"{name}{' (default)' if index == 0 else ''}")
        print(f"  network    {path}{'' if path.exists() else '  MISSING'}")
        print(f"  directions {directions if directions and directions.exists() else 'none'}")
    return 0
