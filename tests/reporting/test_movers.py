"""Who may answer otherwise: bundles of people who differ in one breakdown only."""

from itertools import product

import numpy as np

from app.reporting.groups import ALL
from app.reporting.movers import movers

REGIONS, AGES = ("africa", "europe", "cis"), ("under_18", "over_18")
COLUMNS = [(ALL, ALL), *(("region", region) for region in REGIONS), *(("age", age) for age in AGES)]
PROFILES = list(product(REGIONS, AGES))
MARKS = np.array([[group in (ALL, *profile) for profile in PROFILES] for _, group in COLUMNS])
NOBODY = np.zeros(len(PROFILES), dtype=bool)


def test_everyone_who_moves_has_somebody_to_change_with() -> None:
    said = np.array([[90, 3, 80, 1, 70, 2], [9, 30, 8, 40, 7, 20]])
    for most in (1, 2, 4):
        moving = movers(COLUMNS, MARKS, said, most, NOBODY)
        chosen = [profile for profile, moves in zip(PROFILES, moving, strict=True) if moves]
        assert len(chosen) >= most
        for region, age in chosen:
            near = [other for other in chosen if (other[0] == region) != (other[1] == age)]
            assert near, (region, age, chosen)


def test_those_who_gave_the_rare_answer_are_among_them() -> None:
    said = np.array([[900, 900, 900, 900, 900, 900], [0, 0, 3, 0, 0, 0]])
    moving = movers(COLUMNS, MARKS, said, 2, NOBODY)
    assert moving[PROFILES.index(("europe", "under_18"))]


def test_where_there_are_no_more_all_move() -> None:
    said = np.array([[5, 0, 0, 0, 0, 0]])
    assert movers(COLUMNS, MARKS, said, len(PROFILES), NOBODY).all()
    assert not movers(COLUMNS, MARKS, said, len(PROFILES) - 1, NOBODY).all()


def test_nobody_moves_who_is_alone_and_those_who_must_always_do() -> None:
    marks = np.eye(3, dtype=bool)
    columns = [("region", region) for region in REGIONS]
    always = np.array([False, True, False])
    two = [*columns, *(("age", str(place)) for place in range(3))]
    assert movers(two, np.vstack([marks, marks]), np.array([[5, 5, 5]]), 2, always).tolist() == always.tolist()
