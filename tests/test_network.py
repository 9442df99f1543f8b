"""From rows to kernel tables: presolve changes nothing, names survive, one compilation serves all."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from benchmarks import peer_case
from tests import rowkit
from waterbal.kernel.simulate import simulate as kernel_simulate
from waterbal.model.rows import QuotaRow
from waterbal.network import build as building
from waterbal.network.assemble import tie_weight
from waterbal.network.build import build, volume_scale
from waterbal.network.reduce import KnownBounds
from waterbal.network.simulate import simulate
from waterbal.network.tables import quota_left_at_start, quota_starts


def without_presolve(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let presolve know nothing of bounds: it can then neither eliminate a column nor drop a row."""

    def nothing(build, variants, ahead) -> KnownBounds:
        none = np.zeros(build.program.size, dtype=bool)
        return KnownBounds(none, none, none, none)

    monkeypatch.setattr(building, "known_bounds", nothing)


@pytest.mark.parametrize("seed", range(12))
def test_presolve_changes_the_program_not_the_answer(seed, monkeypatch):
    rows = rowkit.random_rows(seed)
    small = build(rows)
    without_presolve(monkeypatch)
    large = build(rows)
    assert sum(small.problem.matrix.shape) <= sum(large.problem.matrix.shape)
    one, other = simulate(small).series, simulate(large).series
    for name in one:
        np.testing.assert_allclose(one[name], other[name], rtol=1e-8, atol=1e-7, err_msg=name)


def test_presolve_of_the_peer_network_halves_it_twice():
    inputs = peer_case.generate(1, 1)
    network = build(peer_case.rows(inputs, 0))
    program = network.build.program
    assert network.problem.matrix.shape[1] * 2 < len(program.rows)
    assert len(network.constraint) == sum(network.problem.matrix.shape[1:])


def test_one_compilation_serves_all_networks():
    for seed in range(4):
        simulate(build(rowkit.random_rows(seed)))
    simulate(build(peer_case.rows(peer_case.generate(1, 1), 0)), keep=False)
    assert len(kernel_simulate.signatures) == 1


def test_volumes_are_scaled_by_a_power_of_two():
    rows = peer_case.rows(peer_case.generate(1, 1), 0)
    scale = volume_scale([rows])
    assert np.log2(scale) == np.round(np.log2(scale))
    largest = sum(demand.gross for demand in rows.demands).max() / scale
    assert 700.0 < largest < 1450.0


def test_tie_weights_depend_on_the_name_alone():
    assert tie_weight("river_town") == tie_weight("river_town")
    assert 0.5 <= tie_weight("river_town") < 1.5
    assert tie_weight("river_town") != tie_weight("town_river")


def quota(size: int, reset: int, initial: float | None = None) -> QuotaRow:
    return QuotaRow("q", [], np.full(size, 120.0), reset, initial=initial)


def test_quota_years_begin_at_the_first_step_of_their_month():
    axis = rowkit.axis(30, step="dekad")  # January-October
    assert np.flatnonzero(quota_starts(quota(30, 7), axis)).tolist() == [18]


def test_a_record_begins_with_the_rest_of_the_quota_year():
    axis = rowkit.axis(12)
    assert quota_left_at_start(quota(12, 1), axis) == 120.0
    assert quota_left_at_start(quota(12, 7), axis) == 60.0
    assert quota_left_at_start(quota(12, 7, initial=33.0), axis) == 33.0


def test_an_infeasible_minimum_stops_the_member_and_is_named():
    rows = next(
        rows for rows in (rowkit.random_rows(seed) for seed in range(50)) if rows.links and rows.demands
    )
    last = next(link for link in rows.links if link.head == rows.demands[0].id)
    forced = dataclasses.replace(
        last, minimum=np.full(rows.axis.size, 1e6), capacity=np.full(rows.axis.size, 2e6)
    )
    links = [forced if link is last else link for link in rows.links]
    network = build(dataclasses.replace(rows, links=links))
    result = simulate(network)
    assert result.totals.status.tolist() == [1]
    assert network.constraint_name(int(result.totals.where[0])).count(".") >= 1
    assert (result.totals.supply == 0.0).all()


def test_sums_do_not_depend_on_threads_nor_on_keeping_series():
    inputs = peer_case.generate(60, 40)
    short = dataclasses.replace(
        inputs,
        days=inputs.days[:24],
        demand=inputs.demand[:24],
        river=inputs.river[:24],
        inflow=inputs.inflow[:24],
    )
    network = build([peer_case.rows(short, s) for s in range(40)])
    one = simulate(network, keep=False, threads=1).totals
    two = simulate(network, keep=True, threads=2).totals
    for field in dataclasses.fields(one):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(two, field.name), err_msg=field.name)


def test_variants_that_differ_in_more_than_series_are_refused():
    rows = rowkit.random_rows(3)
    drier = dataclasses.replace(
        rows.sources[0], limits={k: 0.5 * v for k, v in rows.sources[0].limits.items()}
    )
    build([rows, dataclasses.replace(rows, sources=[drier, *rows.sources[1:]])])
    dearer = dataclasses.replace(rows.sources[0], unit_cost=rows.sources[0].unit_cost + 1.0)
    with pytest.raises(ValueError, match=rows.sources[0].id):
        build([rows, dataclasses.replace(rows, sources=[dearer, *rows.sources[1:]])])
