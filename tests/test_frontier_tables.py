"""Frontiers as they are printed, and in pairs: what is kept, marked and said to be left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from rich.table import Table

from tests import frontierkit as kit
from waterbal.capacity.datasets import frontier_dataset, pairs_dataset
from waterbal.capacity.extras import prefixed
from waterbal.capacity.frontier import frontier, pair_frontiers
from waterbal.capacity.search import Options
from waterbal.report import capacity_frontier as told
from waterbal.report.capacity_data import parts

COARSE = Options(1e-3, 0, 0)


def rows(table: Table) -> list[list[str]]:
    return [list(cells) for cells in zip(*(column.cells for column in table.columns), strict=True)]  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    """A frontier of four drivers with many rays, and those of their pairs, with two plans."""
    ground = kit.ground(tmp_path_factory.mktemp("axes"), kit.four_axes())
    plans = {
        "2030": {id: 0.5 * value for id, value in kit.BASE.items()},
        "2035": {**kit.BASE, "production": 900.0},
    }
    whole = frontier(ground, list(kit.BASE), 32, COARSE, plans)
    both = [
        prefixed(frontier_dataset(whole), "frontier"),
        prefixed(pairs_dataset(pair_frontiers(ground, 5, COARSE, plans)), "pairs"),
    ]
    return xr.merge(both, combine_attrs="drop_conflicts").load()


def carried(use: dict[str, float]) -> bool:
    """Tell whether amounts are carried, by the formula of the case with a margin for the search."""
    water = {id: kit.NORMS[id] * value for id, value in use.items()}
    again = min(
        2500.0, 0.4 * water["people"] + 0.3 * water["production"], 0.5 * water["production"] + 0.6 * water["city"]
    )  # fmt: skip
    return (
        sum(water.values()) <= 17_500.0 + again
        and water["land"] <= 14_500.0
        and use["people"] <= use["city"]
        and use["city"] <= 239.4
    )


def test_pairs_are_those_of_the_formula_with_the_others_at_plan(found: xr.Dataset) -> None:
    ids = [str(id) for id in found["pairs_driver"].values]
    assert found.sizes["pairs_pair"] == 6
    checked = 0
    for k in range(6):
        own = found.isel(pairs_pair=k)
        pair = [str(id) for id in own["pairs_pair_driver"].values]
        assert str(own["pairs_pair"].values) == ", ".join(pair)
        for amounts in own["pairs_point_carried"].values[np.isfinite(own["pairs_point_scale"].values)]:
            use = dict(zip(ids, amounts, strict=True))
            assert {id: use[id] for id in ids if id not in pair} == pytest.approx(
                {id: kit.BASE[id] for id in ids if id not in pair}
            )
            for factor, holds in ((0.995, True), (1.005, False)):
                assert carried({id: use[id] * (factor if id in pair else 1.0) for id in ids}) == holds
                checked += 1
    assert checked > 40


def test_the_largest_of_every_driver_is_printed_and_the_rest_is_counted(found: xr.Dataset) -> None:
    table = told.tables(found, "en")[0]
    points = found["frontier_point_carried"].values
    free = points[(found["frontier_point_dominated"].values == 0) & np.isfinite(points).all(axis=1)]
    own = [row for row in rows(table) if row[0].startswith("frontier")]
    assert len(free) > told.POINTS == len(own)
    for d, name in enumerate(found["frontier_driver_name"].values.astype(str)):
        (most,) = [row for row in own if "most" in row[0] and name in row[0]]
        assert float(most[1 + d].replace(",", "")) == pytest.approx(free[:, d].max(), rel=1e-3)
    assert f"12 of {len(free)} points, the other {len(free) - 12} are in frontier_point_carried" in str(
        table.title
    )
    none = int(np.isnan(points).any(axis=1).sum())
    assert none and f"along {none} rays there is no scale" in str(table.title)
    assert set(parts(found)) == {"frontier", "pairs"}


def test_maxima_and_plans_are_marked(found: xr.Dataset) -> None:
    tables = told.tables(found, "zh")
    assert len(tables) == 7
    for k, table in enumerate(tables):
        kinds = [row[0] for row in rows(table)]
        assert sum("单项极限" in kind for kind in kinds) == (2 if k else 4)
        grows = k == 0 or "production" in str(found["pairs_pair"].values[k - 1])
        if k == 0:
            assert "规划 2030：在边界内" in kinds and "规划 2035：超出边界" in kinds
        elif not grows:
            assert "规划 2035：在边界内" in kinds  # production stays at the plan of the case


def test_a_table_that_has_all_points_says_nothing_of_others() -> None:
    values = np.array([[1.0, 5.0], [2.0, 4.0], [3.0, 1.0]])
    shown, most = told.chosen(values, np.ones(3, dtype=bool), np.ones(2, dtype=bool))
    assert (shown, most) == ([0, 1, 2], {2: [0], 0: [1]})
    assert told.chosen(values, np.zeros(3, dtype=bool), np.ones(2, dtype=bool)) == ([], {})


def test_every_pair_goes_through_netcdf(found: xr.Dataset, tmp_path: Path) -> None:
    found.to_netcdf(tmp_path / "pairs.nc")
    with xr.open_dataset(tmp_path / "pairs.nc") as kept:
        assert [str(t.title) for t in told.tables(kept, "en")] == [
            str(t.title) for t in told.tables(found, "en")
        ]
        assert [rows(t) for t in told.tables(kept, "en")] == [rows(t) for t in told.tables(found, "en")]
