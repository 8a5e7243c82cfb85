"""Which faces a participant sees.

Everybody sees the first `overlap` of the pool. The rest is taken from the others in windows that follow one another
around a shuffled circle, which is shuffled anew when everybody on it was shown equally often. So after any number of
participants no face that is drawn was shown twice more often than another.
"""

from collections.abc import Sequence
from math import gcd

from domain.studies.design import Design
from domain.studies.drawing import Drawing
from domain.studies.pools import Face, Sex


def faces_of(design: Design, drawing: Drawing, slot: int) -> tuple[Face, ...]:
    """The faces of the participant in a slot (0, 1, ...): those that everybody sees first."""
    if not design.equal_sexes:
        return _chosen(design.pool.faces, design.faces, design.overlap, drawing, "faces", slot)
    return tuple(
        face
        for sex in Sex
        for face in _chosen(
            design.pool.of(sex), design.faces // 2, design.overlap // 2, drawing, f"faces/{sex.value}", slot
        )
    )


def practice_faces(design: Design, drawing: Drawing) -> tuple[Face, ...]:
    """The same for everybody; where the pool allows it, faces that nobody sees in another trial."""
    faces = design.pool.faces
    others = [face for face in faces if face not in set(possible_faces(design))]
    order = drawing.shuffled("practice/faces", others or faces)
    return tuple(order[index % len(order)] for index in range(design.practice_trials))


def possible_faces(design: Design) -> Sequence[Face]:
    """Those that somebody may see in a main trial."""
    if not design.equal_sexes:
        return design.pool.faces if design.overlap < design.faces else design.pool.faces[: design.faces]
    half = None if design.overlap < design.faces else design.faces // 2
    return [face for sex in Sex for face in design.pool.of(sex)[:half]]


def _chosen(
    pool: Sequence[Face], count: int, overlap: int, drawing: Drawing, label: str, slot: int
) -> tuple[Face, ...]:
    shared, others, wanted = pool[:overlap], pool[overlap:], count - overlap
    if not wanted:
        return tuple(shared)
    slots_a_round = len(others) // gcd(len(others), wanted)
    this_round, place = divmod(slot, slots_a_round)
    circle = drawing.shuffled(f"{label}/{this_round}", others)
    window = [circle[(place * wanted + index) % len(circle)] for index in range(wanted)]
    return (*shared, *window)
