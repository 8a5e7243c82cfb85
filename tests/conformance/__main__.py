"""`make conformance`: what others wrote to judge and to use GraphQL services, against this one, running.

The npm packages of package.json go into build/conformance/; where there is no Node or no npm, a line says so.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.e2e.server import PROJECT, command, running_service

HERE = Path(__file__).parent
WORKPLACE = PROJECT / "build" / "conformance"
SCRIPTS = ("audits.mjs", "clients.mjs")


def install() -> None:
    """What package.json names, unless it is there; raises CalledProcessError where npm cannot get it."""
    WORKPLACE.mkdir(parents=True, exist_ok=True)
    wanted = (HERE / "package.json").read_text()
    installed = WORKPLACE / "package.json"
    if not (WORKPLACE / "node_modules").is_dir() or not installed.is_file() or installed.read_text() != wanted:
        shutil.rmtree(WORKPLACE / "node_modules", ignore_errors=True)
        installed.write_text(wanted)
        quiet = ("--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error")
        subprocess.run(["npm", "install", *quiet], cwd=WORKPLACE, check=True)
    for script in SCRIPTS:
        shutil.copy(HERE / script, WORKPLACE)


def main() -> int:
    missing = [program for program in ("node", "npm") if shutil.which(program) is None]
    if missing:
        print(f"skipped: the audits and the clients need {' and '.join(missing)} on PATH")
        return 0
    install()
    failed = False
    for access in ("open-to-everyone", "required"):
        print(f"access: {access}", flush=True)
        with tempfile.TemporaryDirectory() as folder, running_service(Path(folder), access=access) as service:
            failed |= ask(f"{service.url}/graphql", token(Path(folder)) if access == "required" else None)
    return int(failed)


def token(data_dir: Path) -> str:
    """One that may do everything."""
    made = command(data_dir, "tokens", "create", "--owner", "conformance", "--scopes", "admin")
    made.check_returncode()
    return made.stdout.strip()


def ask(address: str, bearer: str | None) -> bool:
    """Whether anything failed."""
    environment = os.environ | ({} if bearer is None else {"TOKEN": bearer})
    runs = [
        subprocess.run(["node", script, address], cwd=WORKPLACE, env=environment, check=False) for script in SCRIPTS
    ]
    return any(run.returncode for run in runs)


if __name__ == "__main__":
    sys.exit(main())
