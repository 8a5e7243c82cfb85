"""Parse the command line, read the settings, run one command; every error a person can mend is one line."""

import argparse
import sys
from collections.abc import Sequence

from domain.errors import ManganaceError
from infrastructure.catalogue import CatalogueError
from infrastructure.commands import (
    audit,
    backup,
    generate,
    migrate,
    morph,
    networks,
    restore,
    schema,
    serve,
    sweep,
    tokens,
)
from infrastructure.commands.composition import Composition
from infrastructure.database import DatabaseError
from infrastructure.logs import set_up_logs
from infrastructure.settings import SettingsError, read_settings
from stylegan2.errors import StyleGanError

EXPECTED = (ManganaceError, SettingsError, DatabaseError, CatalogueError, StyleGanError, OSError)


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(
        prog="main.py", description="Faces by StyleGAN2, emotions put on them, over GraphQL."
    )
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in (serve, tokens, audit, migrate, networks, generate, morph, sweep, backup, restore, schema):
        module.add_to(commands)
    return root


def run(arguments: Sequence[str] | None, composition: Composition) -> int:
    """The exit status: 0 done, 1 refused or failed with a reason, 2 a usage error, 130 interrupted."""
    options = parser().parse_args(arguments)
    try:
        settings = read_settings()
        set_up_logs(settings.log_level, settings.log_format)
        status: int = options.run(options, settings, composition)
    except EXPECTED as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return status
