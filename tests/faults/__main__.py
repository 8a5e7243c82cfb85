"""`make faults`: everything that can break is broken, and one line a check says whether its promise was kept.

Options are pytest's, and two of its own: ``--rounds 50 --soak 1200`` is what a night is for.
"""

import sys

import pytest

from tests.faults.lines import Lines

EFFORT = ("--rounds", "10", "--soak", "60")
QUIET = ("-q", "-m", "fault", "-p", "no:cacheprovider", "-o", "console_output_style=classic")

if __name__ == "__main__":
    sys.exit(pytest.main([*QUIET, *EFFORT, *sys.argv[1:]], plugins=[Lines()]))
