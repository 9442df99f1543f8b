"""T1 and T5 are rounded as one: the table by user and source adds up to both tables by zone, whatever the numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from waterbal.report.sheets.printed import Rounded, Users, rounded

AWKWARD = st.sampled_from([0.0, 0.0, 1.0 / 3.0, 0.5, 0.5, 2.0 / 3.0, 1.0, 1.5, 7.25])
"""[1e4 m3] volumes whose sums fall on halves and thirds, so that nearest values contradict each other."""


@st.composite
def tables(draw: st.DrawFn) -> tuple[np.ndarray, Users]:
    """Draw the need by zone and sector, and a supply by user and source."""
    zones, sectors, sources = (draw(st.integers(1, most)) for most in (3, 3, 5))
    users = draw(st.integers(1, 8))
    zone = np.array(
        [*range(zones), *draw(st.lists(st.integers(0, zones - 1), min_size=users, max_size=users))]
    )
    sector = np.array(draw(st.lists(st.integers(0, sectors - 1), min_size=len(zone), max_size=len(zone))))
    family = np.cumsum([0, *draw(st.lists(st.integers(0, 1), min_size=sources - 1, max_size=sources - 1))])
    cells = draw(st.lists(AWKWARD, min_size=len(zone) * sources, max_size=len(zone) * sources))
    users = Users(np.array(cells).reshape(len(zone), sources), zone, sector, family)
    supply, _ = margins(users)
    more = draw(st.lists(AWKWARD, min_size=supply.size, max_size=supply.size))
    return supply + np.array(more).reshape(supply.shape), users


def margins(users: Users) -> tuple[np.ndarray, np.ndarray]:
    """Add up by zone and sector, and by zone and family of sources."""
    supply = np.zeros((users.zone.max() + 1, users.sector.max() + 1))
    np.add.at(supply, (users.zone, users.sector), users.volume.sum(axis=1))
    source = np.zeros((users.zone.max() + 1, users.family.max() + 1))
    for d, zone in enumerate(users.zone):
        np.add.at(source[zone], users.family, users.volume[d])
    return supply, source


def printed(tables: tuple[np.ndarray, Users]) -> tuple[Rounded, np.ndarray, np.ndarray]:
    need, users = tables
    supply, source = margins(users)
    return rounded(need, supply, source, None, users), supply, source


def totals(table: np.ndarray) -> np.ndarray:
    """Put totals around a table."""
    below = np.vstack([table, table.sum(axis=0)])
    return np.column_stack([below, below.sum(axis=1)])


@given(tables())
@settings(deadline=None, max_examples=60)
def test_every_sum_of_both_tables_holds_as_printed(drawn) -> None:
    need, users = drawn
    made, supply, _ = printed(drawn)
    count = len(users.zone)
    for table in (made.need, made.supply, made.source, made.users):
        assert (table == np.round(table)).all() and (table >= 0.0).all()
    told = made.users[:count]
    assert (told[:, -1] == told[:, :-1].sum(axis=1)).all()
    by_zone = np.array([told[users.zone == z].sum(axis=0) for z in range(len(need))])
    assert (made.users[count:-1] == by_zone).all() and (made.users[-1] == by_zone.sum(axis=0)).all()
    # T1, added up from what T5 prints
    again = margins(Users(told[:, :-1], users.zone, users.sector, users.family))
    assert (made.supply == totals(again[0])).all()
    assert (made.source == totals(again[1])).all()
    assert (made.need == totals(made.need[:-1, :-1])).all() and (made.need >= made.supply).all()
    # zeros stay zeros; need and gap of all are the nearest, what is supplied is between them
    assert not told[:, :-1][users.volume == 0.0].any()
    asked, given_ = made.need[-1, -1], made.supply[-1, -1]
    gap = max(need.sum() - supply.sum(), 0.0)
    for total, true in ((asked, need.sum()), (asked - given_, gap)):
        assert abs(total - true) <= 0.5 + 1e-6
    assert abs(given_ - supply.sum()) <= 1.0 + 1e-6


@given(tables())
@settings(deadline=None, max_examples=60)
def test_every_number_is_a_neighbour_of_its_value_where_that_can_be(drawn) -> None:
    """Judged by an integer program over the cells alone, written here."""
    need, users = drawn
    made, supply, source = printed(drawn)
    count = len(users.zone)
    true = totals(users.volume)[:-1]
    by_zone = np.array([true[users.zone == z].sum(axis=0) for z in range(len(need))])
    pairs = [
        (made.need, totals(need)), (made.supply, totals(supply)), (made.source, totals(source)),
        (made.users, np.vstack([true, by_zone, by_zone.sum(axis=0)])),
    ]  # fmt: skip
    assert len(made.users) == count + len(need) + 1
    if not all((np.abs(got - value) < 1.0 - 1e-6).all() for got, value in pairs):
        assert not neighbours_exist(need, users)


def neighbours_exist(need: np.ndarray, users: Users) -> bool:
    """Tell whether cells of both tables can be rounded to neighbours such that all their sums are neighbours too."""
    cells = users.volume.size
    rows: list[np.ndarray] = []
    low: list[float] = []
    high: list[float] = []

    def add(mask_cells: np.ndarray, mask_need: np.ndarray, least: float, most: float) -> None:
        rows.append(np.concatenate([mask_cells.ravel(), mask_need.ravel()]))
        low.append(least)
        high.append(most)

    def neighbour(value: float, nearest: bool = False) -> tuple[float, float]:
        if abs(value - round(value)) < 1e-7:
            return round(value), round(value)
        one = np.floor(value + 0.5)
        return (one, one) if nearest else (np.floor(value), np.ceil(value))

    none_c, none_n = np.zeros(users.volume.shape), np.zeros(need.shape)
    zone = [users.zone == z for z in range(len(need))]
    every = np.ones(len(users.zone), dtype=bool)
    sources = [np.arange(users.volume.shape[1]) == s for s in range(users.volume.shape[1])]
    families = [users.family == f for f in range(users.family.max() + 1)]
    all_sources = np.ones(users.volume.shape[1], dtype=bool)
    blocks = [(np.arange(len(every)) == d, s) for d in range(len(every)) for s in (*sources, all_sources)]
    blocks += [(own, s) for own in (*zone, every) for s in (*sources, *families, all_sources)]
    sector = [users.sector == k for k in range(need.shape[1])]
    blocks += [(own & mine, all_sources) for own in (*zone, every) for mine in sector]
    for own, columns in blocks:
        mask = np.outer(own, columns).astype(float)
        add(mask, none_n, *neighbour((mask * users.volume).sum(), own is every and columns is all_sources))
    rows_n = [np.arange(len(need)) == z for z in range(len(need))] + [np.ones(len(need), dtype=bool)]
    columns_n = [np.arange(need.shape[1]) == k for k in range(need.shape[1])]
    for z, own in enumerate(rows_n):
        for k, columns in enumerate([*columns_n, np.ones(need.shape[1], dtype=bool)]):
            mask = np.outer(own, columns).astype(float)
            last = z == len(need) and k == need.shape[1]
            add(none_c, mask, *neighbour((mask * need).sum(), last))
            users_of = (zone[z] if z < len(need) else every) & (sector[k] if k < need.shape[1] else every)
            add(-np.outer(users_of, all_sources).astype(float), mask, 0.0, np.inf)
    answer = milp(
        np.zeros(cells + need.size), constraints=LinearConstraint(np.array(rows), low, high),
        bounds=Bounds(0.0, np.inf), integrality=np.ones(cells + need.size),
    )  # fmt: skip
    assert answer.status in (0, 2)
    return answer.status == 0


def test_margins_that_are_rounded_apart_would_contradict_each_other() -> None:
    """Two sectors of one source each: whichever is printed as 1 by sector, its source is by source."""
    users = Users(np.diag([0.5, 0.5]), np.array([0, 0]), np.array([0, 1]), np.array([0, 1]))
    made, *_ = printed((np.array([[0.5, 0.5]]), users))
    assert made.supply[0, :2].tolist() == made.source[0, :2].tolist()
    assert sorted(made.supply[0, :2].tolist()) == [0.0, 1.0]


@pytest.mark.long
@pytest.mark.parametrize("seed", range(6))
def test_large_tables_are_rounded_to_neighbours(seed: int) -> None:
    random = np.random.default_rng(seed)
    zone, sector = np.repeat(np.arange(10), 12), np.tile(np.arange(12) % 8, 10)
    volume = random.exponential(0.7, (120, 15)) * (random.random((120, 15)) < 0.5)
    users = Users(volume, zone, sector, np.arange(15) // 2)
    made, supply, source = printed((margins(users)[0] * 1.1, users))
    assert (np.abs(made.users[:120, :-1] - volume) < 1.0).all()
    assert (np.abs(made.supply - totals(supply)) < 1.0).all()
    assert (np.abs(made.source - totals(source)) < 1.0).all()
    assert (made.users[120:, -1] == made.supply[:, -1]).all()
