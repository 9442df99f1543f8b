"""Properties that hold for every system, whatever its numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rowkit import Kit, random_rows, scaled, shorter, with_unused_source
from waterbal.model.rows import ReserveOptions, Rows
from waterbal.network.build import build
from waterbal.network.simulate import simulate

seeds = st.integers(0, 10**6)
some = settings(max_examples=25, deadline=None, derandomize=True)
DEPTHS = ("aquifer_depth", "aquifer_tier", "restriction_tier", "status", "where", "residual")
DIAGNOSTIC = ("residual", "where")


def system(seed: int, planned: bool = False) -> Rows:
    rows = random_rows(seed)
    return replace(rows, reserve=ReserveOptions(mode="planned")) if planned else rows


def run(rows: Rows) -> dict[str, np.ndarray]:
    series = simulate(build(rows), threads=1).series
    assert series is not None
    return {name: values[0] for name, values in series.items()}


def total_need(rows: Rows) -> float:
    return max(float(sum(d.gross for d in rows.demands).max()), 1.0)


def same(a, b, size: float, skip=(), tolerance=1e-9):
    for name in a:
        if name not in (*DIAGNOSTIC, *skip):
            np.testing.assert_allclose(a[name], b[name], rtol=tolerance, atol=tolerance * size, err_msg=name)


# ---- balances and bounds


@some
@given(seeds, st.booleans())
def test_every_element_closes(seed, planned):
    """Each balance from the equations of the rows, in every step."""
    rows = system(seed, planned)
    out = run(rows)
    assert not out["status"].any()
    small = 1e-9 * total_need(rows)
    place = {x.id: i for i, x in enumerate(rows.links)}
    arriving = {x.id: out["link_flow"][:, place[x.id]] * x.gain for x in rows.links}
    nothing = np.zeros(rows.axis.size)

    def into(name):
        return sum((arriving[x.id] for x in rows.links if x.head == name), nothing)

    def out_of(name):
        return sum((out["link_flow"][:, place[x.id]] for x in rows.links if x.tail == name), nothing)

    returned = {}
    for i, d in enumerate(rows.demands):
        np.testing.assert_allclose(out["supply"][:, i], into(d.id), atol=small)
        for target, share in d.returns:
            returned[target] = returned.get(target, nothing) + share * out["supply"][:, i]
    for i, s in enumerate(rows.sources):
        np.testing.assert_allclose(out["source_withdrawal"][:, i] * s.yield_, out_of(s.id), atol=small)
    for i, n in enumerate(rows.nodes):
        processed, bypass, loss, discharge = (
            out[f"node_{x}"][:, i] for x in ("inflow", "bypass", "loss", "discharge")
        )
        np.testing.assert_allclose(processed + bypass, into(n.id) + returned.get(n.id, nothing), atol=small)
        np.testing.assert_allclose(processed, loss + discharge + out_of(n.id), atol=small)
        assert (discharge >= -small).all()
        assert (out_of(n.id) <= n.usable * processed + small).all()
        assert (processed <= n.capacity + small).all()
    for i, s in enumerate(rows.stores):
        before = out["storage"][:, i] - (
            out["store_inflow"][:, i] + out["store_rain"][:, i] + into(s.id) + returned.get(s.id, nothing)
        )
        before += (
            out["store_evaporation"][:, i] + out["store_seepage"][:, i] + out_of(s.id) + out["spill"][:, i]
        )
        np.testing.assert_allclose(before[1:], out["storage"][:-1, i], atol=10 * small)
        assert (out["storage"][:, i] <= s.capacity + small).all()
        assert (out["storage"][:, i] >= -small).all()
        assert (out["spill"][:, i] >= -small).all()
        start = np.concatenate([[s.initial], out["storage"][:-1, i]])
        available = start + out["store_inflow"][:, i] + out["store_rain"][:, i]
        available -= out["store_evaporation"][:, i] + out["store_seepage"][:, i]
        known = slice(1 if rows.axis.warm_up else 0, None)
        assert (out["storage"][known, i] >= np.minimum(s.dead, available)[known] - small).all()
    for i, a in enumerate(rows.aquifers):
        after = out["aquifer_storage"][:, i]
        before = after - out["aquifer_recharge"][:, i] + out["aquifer_evaporation"][:, i]
        before += out["aquifer_pumping"][:, i] + out["aquifer_overflow"][:, i]
        np.testing.assert_allclose(before[1:], after[:-1], atol=10 * small + 1e-9 * after.max())
        np.testing.assert_allclose(
            out["aquifer_depth"][:, i], a.floor_depth - after / a.storage_per_metre, atol=1e-8
        )
        np.testing.assert_allclose(out["aquifer_pumping"][:, i], out_of(a.id), atol=small)
        assert (after >= -small).all()


@some
@given(seeds, st.booleans())
def test_supply_lies_between_nothing_and_the_request(seed, planned):
    rows = system(seed, planned)
    out = run(rows)
    small = 1e-9 * total_need(rows)
    assert (out["supply"] >= -small).all()
    assert (out["supply"] <= out["request"] + small).all()
    need = np.stack([d.gross for d in rows.demands], axis=1)
    assert (out["request"] <= need + small).all()
    assert (out["link_flow"] >= -small).all()
    for i, x in enumerate(rows.links):
        assert (out["link_flow"][:, i] <= x.capacity + small).all()
    assert (out["source_withdrawal"] <= out["source_available"] + small).all()


@some
@given(seeds, st.booleans())
def test_quota_years_are_kept(seed, planned):
    """Used volume of each quota follows from its members, and never exceeds what was left."""
    rows = system(seed, planned)
    out = run(rows)
    small = 1e-8 * total_need(rows)
    amount = {x.id: out["link_flow"][:, i] for i, x in enumerate(rows.links)}
    amount |= {x.id: out["source_withdrawal"][:, i] for i, x in enumerate(rows.sources)}
    amount |= {x.id: out["aquifer_pumping"][:, i] for i, x in enumerate(rows.aquifers)}
    for i, q in enumerate(rows.quotas):
        used = sum(weight * amount[name] for name, weight in q.members)
        np.testing.assert_allclose(out["quota_used"][:, i], used, atol=small)
        left = out["quota_left"][:, i]
        taken = used > small
        assert (left[taken] >= -small).all()
        inside = np.flatnonzero((rows.axis.month[1:] != q.reset_month) & (q.volume[1:] == q.volume[:-1]))
        np.testing.assert_allclose(left[inside + 1], left[inside] - used[inside + 1], atol=small)


# ---- changes with a known effect


@some
@given(seeds, st.integers(-12, 12))
def test_a_power_of_two_scales_every_volume(seed, power):
    """The engine counts in a power of two of its own choice, so only rounding may differ."""
    rows, k = random_rows(seed), 2.0**power
    one, other = run(rows), run(scaled(rows, k))
    one = {name: values if name in DEPTHS else k * values for name, values in one.items()}
    same(other, one, k * total_need(rows), tolerance=1e-11)


@some
@given(seeds, st.sampled_from([3.7, 0.0123, 410.0]))
def test_any_factor_scales_every_volume(seed, k):
    rows = random_rows(seed)
    one, other = run(rows), run(scaled(rows, k))
    one = {name: values if name in DEPTHS else k * values for name, values in one.items()}
    same(other, one, k * total_need(rows))


@some
@given(seeds)
def test_a_source_nobody_uses_changes_nothing(seed):
    rows = random_rows(seed)
    one, other = run(rows), run(with_unused_source(rows))
    assert not other["link_flow"][:, -1].any()
    other = {
        name: values[..., : one[name].shape[-1]] if values.ndim > 1 else values
        for name, values in other.items()
    }
    same(other, one, total_need(rows))


@some
@given(seeds, st.data())
def test_the_order_of_elements_does_not_matter(seed, data):
    rows = random_rows(seed)
    parts = ("sources", "nodes", "stores", "links", "demands", "quotas")
    order = {p: data.draw(st.permutations(range(len(getattr(rows, p)))), label=p) for p in parts}
    mixed = replace(rows, **{p: [getattr(rows, p)[i] for i in order[p]] for p in parts})
    one, other = run(rows), run(mixed)
    owner = {
        "link_flow": "links", "source_withdrawal": "sources", "supply": "demands", "storage": "stores",
        "node_inflow": "nodes", "node_discharge": "nodes", "quota_left": "quotas",
    }  # fmt: skip
    for name, part in owner.items():
        np.testing.assert_allclose(
            other[name], one[name][:, order[part]], rtol=1e-9, atol=1e-9 * total_need(rows), err_msg=name
        )


@some
@given(seeds)
def test_a_shorter_run_is_the_beginning_of_the_longer_one(seed):
    rows = random_rows(seed, size=18)
    one, other = run(rows), run(shorter(rows, 7))
    same({name: values[:7] for name, values in one.items()}, other, total_need(rows))


@some
@given(seeds, st.booleans())
def test_a_second_run_is_bit_identical(seed, planned):
    rows = system(seed, planned)
    one, other = run(rows), run(rows)
    for name in one:
        assert np.array_equal(one[name], other[name], equal_nan=True), name


# ---- members


@pytest.mark.parametrize("seed", [3, 11, 29])
def test_members_do_not_know_of_each_other(seed):
    """Order, company, number of threads and chunk size leave every bit of a member as it is."""
    rows = random_rows(seed)
    variants = [rows, replace(rows, demands=[replace(d, gross=1.3 * d.gross) for d in rows.demands])]
    network = build(variants)
    rng = np.random.default_rng(seed)
    count = 21
    variant = rng.integers(0, 2, count)
    scale = rng.uniform(0.5, 1.5, (count, len(rows.demands)))
    one = simulate(network, variant, scale, threads=1)
    assert one.series is not None
    two = simulate(network, variant, scale, threads=2)
    assert two.series is not None
    order = rng.permutation(count)
    mixed = simulate(network, variant[order], scale[order], threads=2)
    assert mixed.series is not None
    alone = simulate(network, variant[4:5], scale[4:5], threads=1)
    assert alone.series is not None
    for name, values in one.series.items():
        assert np.array_equal(values, two.series[name]), name
        assert np.array_equal(values[order], mixed.series[name]), name
        assert np.array_equal(values[4:5], alone.series[name]), name
    totals = simulate(network, variant, scale, keep=False).totals
    for name in totals.__dataclass_fields__:
        assert np.array_equal(getattr(totals, name), getattr(one.totals, name)), name
    np.testing.assert_allclose(totals.supply, one.series["supply"].sum(axis=1), rtol=1e-12)


def test_a_scale_is_the_same_as_a_larger_need():
    rows = random_rows(12)
    larger = replace(rows, demands=[replace(d, gross=1.5 * d.gross) for d in rows.demands])
    scaled_ = simulate(build(rows), demand_scale=np.full((1, len(rows.demands)), 1.5)).series
    assert scaled_ is not None
    same({name: values[0] for name, values in scaled_.items()}, run(larger), total_need(larger))


# ---- monotone in a single link


def test_more_water_never_lowers_the_first_class():
    for extra in (0.0, 1.0, 5.0, 50.0):
        kit = Kit(12).source("river", kit_series(extra)).demand("town", 10).demand("farm", 20)
        kit.link("river>town").link("river>farm").share("town").share("farm")
        out = run(kit.rows())
        expected = np.minimum(10, kit_series(extra))
        np.testing.assert_allclose(out["supply"][:, 0], expected, atol=1e-9)


def kit_series(extra: float) -> np.ndarray:
    return 4.0 + extra + np.arange(12) % 5
