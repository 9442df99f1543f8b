"""A run made step by step is the run made at once, to the last bit; changed inputs act from their step on."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from tests import rowkit, runkit
from waterbal import api
from waterbal.kernel.simulate import begin_member, run_steps
from waterbal.network.build import Network, build
from waterbal.network.simulate import Simulation, simulate
from waterbal.network.stepping import Stepper

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = sorted((ROOT / "configs" / "library").glob("*.yaml"))
JINAN = ROOT / "configs" / "jinan" / "model.yaml"


def stepped(network: Network, variant: int = 0) -> Simulation:
    stepper = Stepper(network, variant)
    while stepper.position < stepper.size and stepper.step():
        pass
    return stepper.simulation()


def assert_same_bits(one: Simulation, other: Simulation) -> None:
    for name, values in one.series.items():
        np.testing.assert_array_equal(values, other.series[name], err_msg=name)
        assert np.array_equal(np.signbit(values), np.signbit(other.series[name])), name
    for field in dataclasses.fields(one.totals):
        ours, theirs = getattr(one.totals, field.name), getattr(other.totals, field.name)
        np.testing.assert_array_equal(ours, theirs, err_msg=field.name)


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_every_library_model_is_the_same_step_by_step(path):
    network = api.load(path).network()
    assert_same_bits(simulate(network), stepped(network))


def test_jinan_is_the_same_step_by_step():
    network = api.load(JINAN).network()
    assert network.rows.axis.warm_up > 0
    assert_same_bits(simulate(network), stepped(network))


def test_any_variant_can_be_stepped():
    networks = [runkit.city(), runkit.city()]
    networks[1].sources[0].limits["hydrology"][:] *= 0.5
    network = build(networks)
    whole = simulate(network)
    second = stepped(network, 1)
    np.testing.assert_array_equal(whole.series["supply"][1], second.series["supply"][0])
    assert not np.array_equal(whole.series["supply"][0], second.series["supply"][0])


def test_steppers_of_one_network_do_not_touch_each_other():
    network = build(runkit.city())
    one, other = Stepper(network), Stepper(network)
    for stepper in (one, other):
        for _ in range(stepper.size):
            assert stepper.step()
    with pytest.raises(ValueError, match="no step left"):
        one.step()
    assert_same_bits(one.simulation(), simulate(network))
    assert_same_bits(other.simulation(), one.simulation())


def changed(rows, t: int, factor: float):
    """The same rows with another river from a step on."""
    limits = dict(rows.sources[0].limits)
    limits["hydrology"] = np.where(
        np.arange(rows.axis.size) >= t, factor * limits["hydrology"], limits["hydrology"]
    )
    return dataclasses.replace(
        rows, sources=[dataclasses.replace(rows.sources[0], limits=limits), *rows.sources[1:]]
    )


def test_a_change_on_the_way_is_the_run_with_changed_rows():
    rows = runkit.city()
    t = 9
    network = build(rows)
    stepper = Stepper(network)
    for _ in range(t):
        stepper.step()
    stepper.change(changed(rows, t, 0.3))
    while stepper.position < stepper.size:
        assert stepper.step()
    other = simulate(build(changed(rows, t, 0.3)))
    assert_same_bits(stepper.simulation(), other)
    assert not np.array_equal(other.series["supply"], simulate(network).series["supply"])


def test_a_change_of_the_past_changes_nothing():
    rows = runkit.city()
    network = build(rows)
    stepper = Stepper(network)
    for _ in range(9):
        stepper.step()
    past = changed(rows, 0, 0.3)
    past.sources[0].limits["hydrology"][9:] = rows.sources[0].limits["hydrology"][9:]
    stepper.change(past)
    while stepper.position < stepper.size:
        stepper.step()
    assert_same_bits(stepper.simulation(), simulate(network))


def test_a_coefficient_cannot_change():
    rows = runkit.city()
    stepper = Stepper(build(rows))
    link = dataclasses.replace(rows.links[0], gain=rows.links[0].gain * 0.9)
    with pytest.raises(ValueError, match="coefficient"):
        stepper.change(dataclasses.replace(rows, links=[link, *rows.links[1:]]))


def test_need_beyond_all_that_was_planned_is_served():
    k = rowkit.Kit(4, start="2001-01")
    k.source("river", 1e6).link("river>town").demand("town", 1.0).share("town")
    rows = k.rows()
    stepper = Stepper(build(rows))
    stepper.step()
    gross = rows.demands[0].gross.copy()
    gross[1] = 5e5
    stepper.change(dataclasses.replace(rows, demands=[dataclasses.replace(rows.demands[0], gross=gross)]))
    stepper.step()
    assert stepper.last("supply") == pytest.approx([5e5], rel=1e-12)


def test_an_infeasible_step_ends_the_run_like_the_whole():
    k = rowkit.Kit(6, start="2001-01")
    k.source("river", k.cycle([9, 9, 9, 1, 9, 9])).link("river>town", minimum=5.0)
    k.demand("town", 6.0).share("town")
    network = build(k.rows())
    other = stepped(network)
    assert other.totals.status[0] != 0 and other.totals.step[0] == 3
    assert_same_bits(other, simulate(network))


def test_stepping_and_batches_share_one_compilation():
    network = build(runkit.city())
    simulate(network)
    stepped(network)
    assert len(run_steps.signatures) == len(begin_member.signatures) == 1
