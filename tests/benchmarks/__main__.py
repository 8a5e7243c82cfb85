"""`make bench`: every table, or those named: ``python -m tests.benchmarks service history``.

BENCH_PEER names the folder with stylegan2-ada-pytorch's code, which is then measured too; BENCH_PLOTS one for plots.
"""

import importlib
import os
import platform
import sys

from infrastructure.cores import usable_cores
from stylegan2.engine.terms import EngineCommand

NAMES = ("engine", "engines", "peers", "sizes", "cuda", "encoders", "animations", "service", "history", "studies")


def main(names: list[str]) -> int:
    os.environ.update(EngineCommand().environment)  # threads that measure wait as the engine's threads do
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    print(f"{platform.machine()}, {usable_cores()} cores, Python {platform.python_version()}")
    for name in names or NAMES:
        importlib.import_module(f"tests.benchmarks.{name}").run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
