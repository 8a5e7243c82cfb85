"""The keyboard: space at the third look, or escape in the trial that GIVE_UP_IN counts to."""

import os
from collections.abc import Sequence

_asked = 0
_trial = 0


def clearEvents() -> None:  # noqa: N802
    global _asked, _trial
    _asked, _trial = 0, _trial + 1


def getKeys(keyList: Sequence[str]) -> list[str]:  # noqa: N802, N803
    global _asked
    _asked += 1
    wanted = "escape" if str(_trial) == os.environ.get("GIVE_UP_IN") else "space"
    return [wanted] if _asked == 3 and wanted in keyList else []
