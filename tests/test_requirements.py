"""Requirements counted inside the kernel, held against the metrics of the same run and against plain Python."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests import rowkit
from tests.runkit import city
from waterbal import api
from waterbal.model.rows import RequirementRow, Rows
from waterbal.network.build import build
from waterbal.network.requirements import asked, misses, requirement_tables, years, years_needed
from waterbal.network.simulate import simulate
from waterbal.results import metrics

JINAN = Path(__file__).resolve().parent.parent / "configs" / "jinan" / "model.yaml"


def items(rows: Rows, rate: float = 0.9) -> list[RequirementRow]:
    """One requirement of every kind that the rows have something for."""
    found = []
    for d, row in enumerate(rows.demands):
        members = [(row.id, 0.1 * (d % 3))]
        found += [
            RequirementRow(f"{row.id}.annual", "annual", members, rate=rate),
            RequirementRow(f"{row.id}.step", "step", members, rate=rate),
            RequirementRow(f"{row.id}.annual_depth", "annual_depth", members, limit=0.1),
            RequirementRow(f"{row.id}.step_depth", "step_depth", members, limit=0.25),
        ]
    everyone = [(row.id, 0.05) for row in rows.demands]
    found.append(RequirementRow("all", "annual", everyone, rate=rate))
    found += [
        RequirementRow(f"{a.id}.depth", "aquifer_depth", [(a.id, 1.0)], limit=a.initial_depth)
        for a in rows.aquifers
    ]
    outlets = [(node.id, 2.0) for node in rows.nodes if node.outlet]
    if outlets:
        found.append(RequirementRow("river", "load", outlets, limit=0.05, untreated=[5.0 for _ in outlets]))
    return found


def judged(rows: Rows, what: list[RequirementRow], scale: float = 1.0, **options):
    """Run a network at a scale; nothing is ever lost."""
    network = build(rows)
    never = np.full((1, len(what)), 10**9)
    table = requirement_tables(network, what, never, stop=False)
    needs = np.full((1, len(rows.demands)), scale)
    return network, simulate(network, demand_scale=needs, requirements=table, **options)


def by_hand(
    rows: Rows, what: RequirementRow, series: dict[str, np.ndarray], scale: float
) -> tuple[int, int, float]:
    """Count misses, what is asked, and the worst value, in plain Python from full series."""
    at = {row.id: d for d, row in enumerate(rows.demands)}
    calendar = [(int(y), int(m)) for y, m in zip(rows.axis.year, rows.axis.month, strict=True)]
    whole = [
        y for y in dict.fromkeys(y for y, _ in calendar) if len({m for k, m in calendar if k == y}) == 12
    ]
    missed, count, worst = 0, 0, -np.inf
    need = sum(
        (rows.demands[at[d]].gross * scale for d, _ in what.members if d in at), np.zeros(rows.axis.size)
    )
    supply = sum(
        (series["supply"][0, :, at[d]] for d, _ in what.members if d in at), np.zeros(rows.axis.size)
    )
    allowed = sum(
        (rows.demands[at[d]].gross * scale * share for d, share in what.members if d in at),
        np.zeros(rows.axis.size),
    )
    if what.kind == "step":
        for n, s in zip(need, supply, strict=True):
            if n > 0.0:
                count += 1
                worst = max(worst, 1.0 - s / n)
                missed += 1.0 - s / n > 1e-6
        return missed, count, worst
    if what.kind in ("annual", "annual_depth"):
        for y in whole:
            here = [t for t, (k, _) in enumerate(calendar) if k == y]
            n, s, a = need[here].sum(), supply[here].sum(), allowed[here].sum()
            if n > 0.0:
                count += 1
                worst = max(worst, (n - s) / n)
                room = a if what.kind == "annual" else what.limit * n
                missed += n - s > room + 1e-6 * n
        return missed, count, worst
    if what.kind == "aquifer_depth":
        place = [row.id for row in rows.aquifers].index(what.members[0][0])
        values = series["aquifer_depth"][0, :, place]
    elif what.kind == "load":
        place = {row.id: n for n, row in enumerate(rows.nodes)}
        values = sum(w * series["node_discharge"][0, :, place[n]] for n, w in what.members)
        values += sum(5.0 * series["node_bypass"][0, :, place[n]] for n, _ in what.members)
        values /= rows.axis.days
    else:
        values = np.where(need > 0.0, 1.0 - supply / np.where(need > 0.0, need, 1.0), -np.inf)
    over = values > what.limit + 1e-6 * max(1.0, abs(what.limit))
    return (
        len({y for (y, _), bad in zip(calendar, over, strict=True) if bad}),
        len(whole),
        float(values.max()),
    )


@pytest.mark.parametrize("scale", [0.7, 1.0, 1.6])
@pytest.mark.parametrize("start", ["2001-01", "2000-05"])
def test_every_kind_is_counted_as_by_hand(scale, start):
    rows = moved(city(48), start)
    what = items(rows)
    _, run = judged(rows, what, scale, keep=True)
    for i, item in enumerate(what):
        missed, count, worst = by_hand(rows, item, run.series, scale)
        assert (run.outcome.missed[0, i], run.outcome.asked[0, i]) == (missed, count), item.id
        if np.isfinite(worst):
            assert run.outcome.worst[0, i] == pytest.approx(worst, abs=1e-9), item.id
    kinds = {item.kind for i, item in enumerate(what) if run.outcome.missed[0, i]}
    assert {"annual", "step", "step_depth"} <= kinds  # the case is not trivially good


def moved(rows: Rows, start: str) -> Rows:
    """The same rows on an axis that begins inside a year: its first and last years are not complete."""
    from dataclasses import replace

    return replace(rows, axis=rowkit.axis(rows.axis.size, start=start))


@pytest.mark.parametrize("seed", range(20))
def test_random_systems_are_judged_as_the_metrics_judge_them(seed):
    rows = rowkit.random_rows(seed, size=36)
    what = [RequirementRow(row.id, "annual", [(row.id, row.tolerance)], rate=0.5) for row in rows.demands]
    what += [RequirementRow(row.id, "step", [(row.id, 0.0)], rate=0.5) for row in rows.demands]
    _, run = judged(rows, what, 1.3, keep=True)
    if run.totals.status[0] != 0:
        pytest.skip("a minimum flow cannot be met")
    need = np.stack([row.gross * 1.3 for row in rows.demands])
    supply = run.series["supply"][0].T
    failing = metrics.failing(need, supply) & (need > 0.0)
    year, whole = rows.axis.year, metrics.complete_years(rows.axis.year, rows.axis.month)
    tolerance = np.array([row.tolerance for row in rows.demands])
    bad = metrics.failed_years(
        metrics.yearly(need, year, whole), metrics.yearly(supply, year, whole), tolerance
    )
    bad &= metrics.yearly(need, year, whole) > 0.0
    count = len(rows.demands)
    np.testing.assert_array_equal(run.outcome.missed[0, :count], bad.sum(axis=1))
    np.testing.assert_array_equal(run.outcome.missed[0, count:], failing.sum(axis=1))
    np.testing.assert_array_equal(asked(rows, what)[0], run.outcome.asked[0])


def test_a_member_ends_when_a_requirement_is_lost_and_not_before():
    rows = city(48)
    what = items(rows)
    network, full = judged(rows, what, 1.6, keep=True)
    for allowed in (0, 1, 2):
        table = requirement_tables(network, what, np.full((1, len(what)), allowed), stop=True)
        run = simulate(
            network, demand_scale=np.full((1, len(rows.demands)), 1.6), requirements=table, keep=False
        )
        item, step = int(run.outcome.lost[0]), int(run.outcome.lost_step[0])
        assert run.outcome.missed[0, item] == allowed + 1
        assert (run.outcome.missed[0] <= full.outcome.missed[0]).all()
        assert run.totals.supply[0].sum() == pytest.approx(full.series["supply"][0, : step + 1].sum())
    generous = requirement_tables(network, what, np.full((1, len(what)), 10**6), stop=True)
    run = simulate(
        network, demand_scale=np.full((1, len(rows.demands)), 1.6), requirements=generous, keep=False
    )
    assert run.outcome.lost[0] == -1
    np.testing.assert_array_equal(run.outcome.missed, full.outcome.missed)


def test_a_judge_that_counts_nothing_would_be_noticed():
    """The counts of a run that is short everywhere are not those of one that lacks nothing."""
    rows = city(48)
    what = items(rows)
    _, short = judged(rows, what, 3.0, keep=False)
    _, good = judged(rows, what, 0.05, keep=False)
    demand_items = [i for i, item in enumerate(what) if item.kind in ("annual", "step")]
    assert (short.outcome.missed[0, demand_items] > good.outcome.missed[0, demand_items]).any()
    assert good.outcome.missed[0, demand_items].sum() < short.outcome.missed[0, demand_items].sum()


def test_judging_changes_nothing_of_the_run():
    rows = city(48)
    plain = simulate(build(rows), keep=True)
    _, run = judged(rows, items(rows), 1.0, keep=True)
    for name, values in plain.series.items():
        np.testing.assert_array_equal(values, run.series[name], err_msg=name)


def test_scaled_sources_offer_that_much():
    rows = city(24)
    network = build(rows)
    factors = np.array([[1.0] * len(rows.sources), [0.5] * len(rows.sources), [0.0] * len(rows.sources)])
    run = simulate(network, np.zeros(3, dtype=np.int64), source_scale=factors, keep=True)
    offered = run.series["source_available"]
    river = [row.id for row in rows.sources].index("river")
    np.testing.assert_allclose(offered[1, :, river], 0.5 * offered[0, :, river])
    assert (run.series["source_withdrawal"][2] == 0.0).all()
    with pytest.raises(ValueError, match="source_scale"):
        simulate(network, source_scale=np.array([[-1.0] * len(rows.sources)]))


def test_planned_reserves_count_on_scaled_sources():
    """Scaled roofs are as good as larger roofs, in the step and in what is kept for later."""
    plain = ["time.end=1983-12"]
    case = api.load(JINAN, plain)
    roofs = [id for id, source in case.model.sources.items() if source.type == "rain_harvest"]
    larger = api.load(JINAN, plain + [f"sources.{id}.area*=3" for id in roofs])
    factors = np.array([[3.0 if row.id in roofs else 1.0 for row in case.rows().sources]])
    scaled = simulate(case.network(), source_scale=factors, keep=True).series
    rebuilt = simulate(larger.network(), keep=True).series
    without = simulate(case.network(), keep=True).series
    for name in ("supply", "reserve_kept", "storage"):
        np.testing.assert_allclose(scaled[name], rebuilt[name], atol=1e-6, err_msg=name)
    assert abs(scaled["reserve_kept"] - without["reserve_kept"]).max() > 1.0


@pytest.mark.parametrize(
    ("count", "rate", "expected"),
    [
        (30, 0.95, 0),
        (30, 0.967, 0),
        (30, 0.97, -1),
        (33, 0.97, 0),
        (19, 0.95, 0),
        (18, 0.95, -1),
        (39, 0.5, 19),
        (0, 0.5, 0),
    ],
)
def test_misses_by_the_plotting_position(count, rate, expected):
    """m / (n + 1): 30 years without failure support 0.9677, so 95 % needs 19 years and 97 % needs 33."""
    assert int(misses(count, rate)) == expected
    if count and expected >= 0:
        assert (count - expected) / (count + 1) >= rate - 1e-9
        assert (count - expected - 1) / (count + 1) < rate


def test_years_needed():
    assert [years_needed(rate) for rate in (0.95, 0.97, 0.998)] == [19, 33, 499]


def test_only_complete_years_are_years():
    position, ends = years(rowkit.axis(30, start="2001-05"))
    assert (position[:8] == -1).all() and (position[8:20] == 0).all() and (position[20:] == -1).all()
    assert ends.sum() == 1 and ends[19] == 1
