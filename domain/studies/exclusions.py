"""What a design declares beforehand of whom and what its analysis leaves out. Nothing is deleted by it."""

from dataclasses import dataclass
from enum import Enum


class Rule(Enum):
    """TOO_FAST leaves out single answers, the others participants with all their answers."""

    TOO_FAST = "too_fast"
    ATTENTION = "attention"
    UNMOVED = "unmoved"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusions:
    """None and False: no such rule.

    Left out are answers to main and repeated trials that took less than `min_response_ms`, and participants who failed
    more than `max_failed_attention` attention trials, who left a larger share of the sliders of main and repeated
    trials unmoved than `max_unmoved_share`, or, with `complete_only`, who did not answer every trial.
    """

    min_response_ms: float | None = None
    max_failed_attention: int | None = None
    max_unmoved_share: float | None = None
    complete_only: bool = False

    @property
    def declared(self) -> tuple[Rule, ...]:
        rules = {
            Rule.TOO_FAST: self.min_response_ms is not None,
            Rule.ATTENTION: self.max_failed_attention is not None,
            Rule.UNMOVED: self.max_unmoved_share is not None,
            Rule.INCOMPLETE: self.complete_only,
        }
        return tuple(rule for rule, there in rules.items() if there)


NO_EXCLUSIONS = Exclusions()
