"""Rounding that keeps sums: every margin exact, every number within one unit of its value."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from waterbal.report.rounding import controlled, largest_remainder, nearest, two_way

VALUES = st.floats(0.0, 1e5, allow_nan=False).map(lambda v: round(v, 3))
TABLES = st.tuples(st.integers(1, 6), st.integers(1, 7)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=VALUES)
)


@given(TABLES, st.integers(0, 2))
@settings(deadline=None, max_examples=40)
def test_two_way_tables_add_up_and_stay_near(table, decimals):
    made = two_way(table, decimals)
    units = np.round(made * 10**decimals).astype(np.int64)
    assert np.allclose(units, made * 10**decimals, atol=1e-6)  # every number is printable
    assert (units[:, -1] == units[:, :-1].sum(axis=1)).all()
    assert (units[-1] == units[:-1].sum(axis=0)).all()
    true = np.zeros_like(made)
    true[:-1, :-1] = table
    true[:-1, -1] = table.sum(axis=1)
    true[-1] = true[:-1].sum(axis=0)
    assert (np.abs(made - true) * 10**decimals < 1.0 + 1e-6).all()
    assert abs(made[-1, -1] - true[-1, -1]) * 10**decimals <= 0.5 + 1e-6


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=40), st.integers(0, 2))
@settings(deadline=None)
def test_parts_of_one_total(values, decimals):
    made = largest_remainder(values, decimals)
    assert (np.abs(made - values) * 10**decimals < 1.0 + 1e-6).all()
    assert abs(made.sum() - sum(values)) * 10**decimals <= 0.5 + 1e-5


@given(arrays(np.float64, (3, 4), elements=VALUES), arrays(np.float64, (3, 4), elements=st.floats(0.0, 1.0)))
@settings(deadline=None, max_examples=40)
def test_a_supply_is_never_printed_above_its_need(need, share):
    supply = need * share
    values = np.concatenate([need.ravel(), [need.sum()], supply.ravel(), [supply.sum()]])
    sums = [(12, list(range(12))), (25, list(range(13, 25)))]
    made = controlled(values, sums, 0, [12, 25], [(i, 13 + i) for i in range(13)])
    assert (made[:13] >= made[13:]).all()
    assert made[12] == made[:12].sum() and made[25] == made[13:25].sum()


def test_the_published_kind_of_table():
    """A table whose nearest values add up to other totals: rounded by hand no way is simpler."""
    table = np.full((3, 3), 0.4)
    assert np.round(table).sum() == 0.0 and round(table.sum()) == 4
    made = two_way(table)
    assert made[-1, -1] == 4.0
    assert set(made[:-1, :-1].ravel()) <= {0.0, 1.0}
    assert (made[:-1, -1] >= 1.0).all() and (made[-1, :-1] >= 1.0).all()


def test_numbers_that_are_printable_are_kept():
    table = np.array([[3.0, 5.0], [0.0, 7.0]])
    assert (two_way(table)[:-1, :-1] == table).all()
    assert two_way(np.array([[0.1 + 0.2, 0.7]]), 1)[0].tolist() == [0.3, 0.7, 1.0]


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [(0.5, 0, 1.0), (2.5, 0, 3.0), (-2.5, 0, -3.0), (1.005, 2, 1.01), (-0.2, 0, 0.0), (1e15, 0, 1e15)],
)
def test_halves_go_away_from_zero_as_in_a_spreadsheet(value, decimals, shown):
    assert nearest(value, decimals) == shown


def test_sums_that_no_neighbours_meet_take_the_next():
    """Totals printed elsewhere can leave no room among neighbours; the next ones serve."""
    made = controlled([2.0, 2.0, 5.0], [(2, [0, 1])], 0, [2])
    assert made[2] == 5.0 and made[:2].sum() == 5.0


def test_sums_that_contradict_each_other_are_refused():
    with pytest.raises(ValueError, match="contradict"):
        controlled([1.0, 50.0], [(1, [0])], 0, [1])


def test_numbers_that_can_be_printed_are_kept_where_others_must_move_further() -> None:
    """No rounding to neighbours meets these sums: 0.5s are all 0 or 1, and three pairs of them need 1 each."""
    found = controlled([0.5, 0.5, 0.5, 1.0, 1.0, 1.0], [(3, [0, 1]), (4, [1, 2]), (5, [0, 2])])
    assert found[3] == found[0] + found[1]
    assert found[4] == found[1] + found[2]
    assert found[5] == found[0] + found[2]
    assert np.abs(found - [0.5, 0.5, 0.5, 1.0, 1.0, 1.0]).sum() <= 2.5 + 1e-9
