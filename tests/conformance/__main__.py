"""`make conformance`: what others wrote to judge and to use GraphQL services, against this one, running.

The npm packages of package.json go into build/conformance/; where there is no Node or no npm, a line says so.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.e2e.server import PROJECT, running_service

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
    with tempfile.TemporaryDirectory() as folder, running_service(Path(folder)) as service:
        address = f"{service.url}/graphql"
        ends = [subprocess.run(["node", script, address], cwd=WORKPLACE, check=False).returncode for script in SCRIPTS]
    return int(any(ends))


if __name__ == "__main__":
    sys.exit(main())
