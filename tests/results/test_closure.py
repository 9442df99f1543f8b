"""Closure: true runs pass, a change of any number anywhere is found and named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.rowkit import Kit, random_rows
from tests.runkit import city, output, stack
from waterbal.errors import BalanceError
from waterbal.results import closure
from waterbal.results.budget import TERMS, budget, budget_residual
from waterbal.results.view import view


@pytest.fixture(scope="module")
def rows():
    return city()


@pytest.fixture(scope="module")
def run(rows):
    return output(rows)


def changed(run, field, element, step, by):
    values = getattr(run, field).copy()
    values[0, step, element] += by
    return replace(run, **{field: values})


def test_true_run(rows, run):
    worst = closure.check(rows, run)
    assert worst.shape == (1, 24)
    assert 0.0 <= worst.max() < 1e-12


@pytest.mark.parametrize("seed", range(30))
def test_random_systems(seed):
    rows = random_rows(seed, 8)
    assert closure.check(rows, output(rows)).max() < 1e-10


FIELDS = {
    "link_flow": 0, "source_withdrawal": 0, "aquifer_pumping": 0, "aquifer_storage": 0, "aquifer_depth": 0,
    "aquifer_recharge": 0, "aquifer_evaporation": 0, "aquifer_overflow": 0, "supply": 0, "storage": 0,
    "store_inflow": 0, "store_rain": 0, "store_evaporation": 0, "store_seepage": 0, "spill": 0, "node_inflow": 0,
    "node_bypass": 1, "node_loss": 0, "node_discharge": 1, "quota_used": 0, "quota_left": 0,
}  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("by", [1e-5, -1e-5])
def test_any_change_is_found(rows, run, field, by):
    with pytest.raises(BalanceError) as error:
        closure.check(rows, changed(run, field, FIELDS[field], 5, by))
    assert "2001-06-01 (number 5)" in str(error.value) or "2001-07-01 (number 6)" in str(error.value)
    assert "relative residual of at most 1e-09" in str(error.value)
    assert error.value.exit_code == 6


@pytest.mark.parametrize("field", FIELDS)
def test_missing_numbers_are_found(rows, run, field):
    with pytest.raises(BalanceError):
        closure.check(rows, changed(run, field, FIELDS[field], 5, np.nan))


def test_the_worst_element_is_named_first(rows, run):
    twice = changed(changed(run, "spill", 0, 3, 0.5), "quota_used", 1, 7, 1e-4)
    with pytest.raises(BalanceError) as error:
        closure.check(rows, twice)
    places = [issue.where for issue in error.value.issues]
    assert places[0] == "stores.lake"
    assert "quotas.wells_cap" in places
    assert "end = start + gains - losses: residual" in error.value.issues[0].message


@pytest.mark.parametrize(
    ("part", "equation"),
    [
        (lambda r: replace(r, sources=[replace(r.sources[0], limits={"legal": 0.0 * r.axis.days}), r.sources[1]]),
         "withdrawal <= legal limit"),
        (lambda r: replace(r, nodes=[replace(r.nodes[0], capacity=1.0 + 0.0 * r.axis.days), r.nodes[1]]),
         "processed <= capacity"),
        (lambda r: replace(r, nodes=[r.nodes[0], replace(r.nodes[1], output_limit=0.0 * r.axis.days)]),
         "links out <= output limit"),
        (lambda r: replace(r, nodes=[r.nodes[0], replace(r.nodes[1], usable=0.0 * r.axis.days)]),
         "links out <= usable share"),
        (lambda r: replace(r, nodes=[r.nodes[0], replace(r.nodes[1], outlet=False, overflow=False)]),
         "no discharge without an outlet"),
        (lambda r: replace(r, stores=[replace(r.stores[0], capacity=10.0 + 0.0 * r.axis.days)]),
         "volume <= capacity"),
        (lambda r: replace(r, stores=[replace(r.stores[0], dead=30.0 + 0.0 * r.axis.days)]),
         "dead volume is not drawn"),
        (lambda r: replace(r, links=[replace(r.links[0], capacity=0.0 * r.axis.days), *r.links[1:]]),
         "flow <= capacity"),
        (lambda r: replace(r, links=[replace(r.links[0], minimum=41.0 + 0.0 * r.axis.days), *r.links[1:]]),
         "flow >= minimum"),
        (lambda r: replace(r, quotas=[replace(r.quotas[0], volume=100.0 + 0.0 * r.axis.days), r.quotas[1]]),
         "use <= what is left of the year"),
        (lambda r: replace(r, demands=[replace(r.demands[0], gross=1.0 + 0.0 * r.axis.days), *r.demands[1:]]),
         "request <= need"),
        (lambda r: replace(r, demands=[replace(r.demands[0], returns=[("sewage", 1.2 + 0.0 * r.axis.days)]),
                                       *r.demands[1:]]), "consumed >= 0"),
    ],
)  # fmt: skip
def test_every_bound_is_checked(rows, run, part, equation):
    with pytest.raises(BalanceError) as error:
        closure.check(part(rows), run)
    assert any(issue.message.startswith(equation + ":") for issue in error.value.issues)


def test_lagged_source(rows, run):
    limited = replace(
        rows, sources=[rows.sources[0], replace(rows.sources[1], lagged_supply=[("homes", 0.01)])]
    )
    with pytest.raises(BalanceError, match="returns of the step before"):
        closure.check(limited, run)


def test_rounding_passes(rows, run):
    assert closure.check(rows, changed(run, "storage", 0, 4, 1e-12)).max() < 1e-9


def test_members_have_rows_of_their_own(rows, run):
    dry = replace(
        rows,
        sources=[
            replace(rows.sources[0], limits={"hydrology": 20.0 + 0.0 * rows.axis.days}),
            rows.sources[1],
        ],
    )
    both = stack(run, output(dry))
    assert closure.check([rows, dry], both).shape == (2, 24)
    with pytest.raises(BalanceError, match="member 1"):
        closure.check([dry, rows], both, np.array([1, 1]))


def test_scaled_demands(rows):
    run = output(rows, {"homes": 1.5})
    assert closure.check(rows, run).max() < 1e-12
    assert view(run, rows).need[0, 0, 0] == pytest.approx(24.0)
    with pytest.raises(BalanceError, match="request <= need"):
        closure.check(rows, replace(run, demand_scale=None))


def test_steps_after_a_failure_do_not_count(rows, run):
    status = run.status.copy()
    status[0, 10] = 1
    broken = changed(replace(run, status=status), "storage", 0, 15, 3.0)
    worst = closure.check(rows, broken)
    assert np.isnan(worst[0, 10:]).all()
    assert not np.isnan(worst[0, :10]).any()


def test_unknown_start_leaves_only_the_first_step_open():
    rows = city(12, warm_up=6)
    run = output(rows)
    assert closure.check(rows, run).max() < 1e-12
    with pytest.raises(BalanceError):
        closure.check(rows, changed(run, "storage", 0, 3, 1e-3))
    wrong = replace(run, storage_start=np.array([[3.0]]), aquifer_start=np.array([[1.0]]))
    with pytest.raises(BalanceError, match="2001-01-01 \\(number 0\\)"):
        closure.check(rows, wrong)


def test_a_cut_that_comes_late_and_goes_again():
    """After a cut below what is used already, a later rise counts against that use first."""
    k = Kit(4).source("river").demand("user", 10.0).link("river>user").share("user")
    volume = [30.0, 5.0, 5.0, 35.0]
    rows = k.quota("cap", ["river"], volume).rows()
    used = np.array([10.0, 0.0, 0.0, 25.0])
    seen = view(output(replace(rows, quotas=[])), rows)
    before = closure.quota_before(seen, used[None, :, None])
    np.testing.assert_allclose(before[0, :, 0], [30.0, 0.0, 0.0, 25.0])


# ---- budget of the district


def test_budget_closes(rows, run):
    table = budget(view(run, rows))
    assert table.shape == (1, 24, len(TERMS))
    inputs = table[..., [t.side == "in" for t in TERMS]].sum()
    assert np.abs(budget_residual(table)).max() < 1e-9
    assert abs(budget_residual(table.sum(axis=(0, 1)))) < 1e-11 * inputs
    told = dict(zip((t.id for t in TERMS), table[0].sum(axis=0), strict=True))
    for name in (
        "withdrawal",
        "consumption",
        "settling_loss",
        "conveyance_loss",
        "process_loss",
        "evaporation",
    ):
        assert told[name] > 0.0, name


@pytest.mark.parametrize("seed", range(20))
def test_budget_of_random_systems(seed):
    rows = random_rows(seed, 8)
    table = budget(view(output(rows), rows))[0]
    known = ~np.isnan(table).any(axis=1)
    assert known[1:].all()
    assert np.abs(budget_residual(table[known])).max() < 1e-9 * max(1.0, np.abs(table[known]).max())


def test_budget_does_not_hide_what_is_missing(rows, run):
    table = budget(view(changed(run, "spill", 0, 2, 7.0), rows))
    assert budget_residual(table)[0, 2] == pytest.approx(-7.0)
