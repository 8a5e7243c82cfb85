"""The window and what is drawn in it; that every picture can be opened is looked at."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Place = tuple[float, float]


class Window:
    def __init__(self, *, fullscr: bool, units: str, color: str) -> None:
        assert units == "height"
        self._next: list[Callable[[], None]] = []

    def callOnFlip(self, function: Callable[..., None], *args: Any) -> None:  # noqa: N802
        self._next.append(lambda: function(*args))

    def flip(self) -> None:
        while self._next:
            self._next.pop()()

    def close(self) -> None:
        pass


class _Drawn:
    draws = 0

    def draw(self) -> None:
        self.draws += 1


class ImageStim(_Drawn):
    def __init__(self, win: Window, *, image: str, pos: Place, size: Place, interpolate: bool) -> None:
        assert Path(image).read_bytes().startswith(b"\x89PNG")


class TextStim(_Drawn):
    def __init__(self, win: Window, *, text: str, pos: Place, height: float, wrapWidth: float) -> None:  # noqa: N803
        assert "slider" in text


class Slider(_Drawn):
    def __init__(
        self,
        win: Window,
        *,
        ticks: Sequence[int],
        startValue: int,  # noqa: N803
        granularity: int,
        style: str,
        pos: Place,
        size: Place,
    ) -> None:
        assert ticks[0] <= startValue <= ticks[-1]
        self._start = startValue

    def getMarkerPos(self) -> float:  # noqa: N802
        """Where it was put until it was drawn, then in step 1."""
        return 1.0 if self.draws else float(self._start)
