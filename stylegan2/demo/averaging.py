"""Two trainers on two cores beat one trainer on both: each goes its own way and meets the others in a file.

Every few steps a trainer moves its weights half-way to the shared ones, and the shared ones with it. No trainer ever
waits for another, so that a busy core slows only its own.
"""

import fcntl
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor


def meet(parameters: Sequence[Tensor], path: Path) -> None:
    """Average parameters, in place, with those in the file; the first to come founds it."""
    mine = torch.cat([parameter.detach().reshape(-1) for parameter in parameters]).cpu().numpy()
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        theirs = np.fromfile(path, dtype=np.float32) if path.exists() else mine
        shared = 0.5 * (mine + theirs)
        shared.tofile(path)
    parts = torch.split(torch.from_numpy(shared), [parameter.numel() for parameter in parameters])
    with torch.no_grad():
        for parameter, part in zip(parameters, parts, strict=True):
            parameter.copy_(part.view_as(parameter))
