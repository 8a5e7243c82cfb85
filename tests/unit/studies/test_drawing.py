"""Chance that can be repeated by anybody who has SHA-256."""

import hashlib
from collections import Counter

from domain.studies.drawing import Drawing


def test_an_order_is_that_of_documented_digests() -> None:
    digests = {index: hashlib.sha256(f"abc/rows/{index}".encode()).hexdigest() for index in range(12)}
    assert Drawing("abc").order("rows", 12) == sorted(digests, key=lambda index: digests[index])


def test_an_order_is_what_it_was_in_the_first_version() -> None:
    """Stored studies depend on it."""
    assert Drawing("abc").order("rows", 8) == [5, 3, 0, 2, 7, 1, 6, 4]


def test_labels_and_seeds_draw_independently() -> None:
    drawn = {tuple(Drawing(seed).order(label, 20)) for seed in ("a", "b") for label in ("x", "y")}
    assert len(drawn) == 4


def test_first_places_are_spread_evenly() -> None:
    """Chi-squared over 6,000 draws of one in six: 5 degrees of freedom, 20.5 is p = 0.001."""
    counts = Counter(Drawing(str(seed)).order("x", 6)[0] for seed in range(6000))
    assert sum((counts[index] - 1000) ** 2 / 1000 for index in range(6)) < 20.5


def test_cards_are_dealt_equally_often_at_any_time() -> None:
    drawing = Drawing("seed")
    counts: Counter[int] = Counter()
    for turn in range(100):
        counts[drawing.dealt("start", 7, turn)] += 1
        dealt = [counts[card] for card in range(7)]
        assert max(dealt) - min(dealt) <= 1
    assert [drawing.dealt("start", 7, turn) for turn in range(7)] != [
        drawing.dealt("start", 7, turn) for turn in range(7, 14)
    ]
