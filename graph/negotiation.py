"""Which of the forms on offer a client likes best, by its Accept header (RFC 9110, 12.5.1)."""

from dataclasses import dataclass
from functools import lru_cache

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"
EVENT_STREAM = "text/event-stream"
HTML = "text/html"


@dataclass(frozen=True, slots=True)
class _Range:
    kind: str
    quality: float
    position: int

    def specificity(self, offer: str) -> int:
        """0 where it does not cover the offer."""
        if self.kind == offer:
            return 3
        if self.kind == offer.partition("/")[0] + "/*":
            return 2
        return 1 if self.kind == "*/*" else 0


@lru_cache(256)
def preferred(accept: str, offers: tuple[str, ...]) -> str | None:
    """The offer of the highest quality; among equals the one named first, then the one offered first.

    None where nothing on offer is acceptable.
    """
    if not accept.strip():
        return offers[0]
    ranges = [_parse(part, position) for position, part in enumerate(accept.split(","))]
    best: tuple[float, int, int] | None = None
    chosen = None
    for rank, offer in enumerate(offers):
        covering = max(ranges, key=lambda candidate: candidate.specificity(offer))
        if not covering.specificity(offer) or covering.quality <= 0:
            continue
        order = (-covering.quality, covering.position, rank)
        if best is None or order < best:
            best, chosen = order, offer
    return chosen


def _parse(part: str, position: int) -> _Range:
    kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
    quality = 1.0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                quality = min(max(float(value), 0.0), 1.0)
            except ValueError:
                quality = 0.0
    return _Range(kind, quality, position)
