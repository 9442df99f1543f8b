"""Runs for tests of results: made by the reference simulation, so that no engine is needed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tests.reference.simulation import simulate
from tests.rowkit import Kit
from waterbal.model.rows import Rows
from waterbal.results.output import RunOutput


def output(rows: Rows, scale: Mapping[str, float] | None = None) -> RunOutput:
    """Simulate one member."""
    series = {name: values[None] for name, values in simulate(rows, scale).items()}
    status = series["status"].astype(np.int64)
    series |= {"status": status, "where": np.full_like(status, -1), "residual": np.zeros(status.shape)}
    factor = None if scale is None else np.array([[scale.get(d.id, 1.0) for d in rows.demands]])
    return RunOutput.from_series(series, demand_scale=factor)


def stack(*runs: RunOutput) -> RunOutput:
    """Put runs together as members of one."""
    first = vars(runs[0])
    return RunOutput(
        **{
            name: None if value is None else np.concatenate([vars(run)[name] for run in runs])
            for name, value in first.items()
        }
    )


def city(size: int = 24, **options) -> Rows:
    """A system with one of everything, and something at work in each part of it."""
    k = Kit(size, start="2001-01", **options)
    river = k.cycle([30, 30, 20, 15, 15, 50, 90, 80, 60, 40, 35, 30])
    k.aquifer(
        "wells", {"legal": 12.0, "conveyance": 20.0}, storage_per_metre=8.0, initial_depth=4.0, floor_depth=12.0,
        recharge=k.cycle([1, 1, 2, 2, 3, 8, 14, 9, 4, 2, 1, 1]), phreatic=3.0, extinction_depth=5.0,
        tiers=[(5.0, 0.6), (8.0, 0.2)], hysteresis=0.5, unit_cost=0.8, energy=0.5,
    )  # fmt: skip
    k.source(
        "river", {"hydrology": river, "conveyance": 55.0}, yield_=0.95, loss_to="wells", loss_recharge=0.5,
        unit_cost=0.3, fixed_cost=k.series(2.0),
    )  # fmt: skip
    k.source("old_plant", {"conveyance": 6.0}, lagged_supply=[("homes", 0.4)], unit_cost=1.0)
    k.node("works", capacity=45.0, recovery=0.96, unit_cost=0.5, energy=0.3)
    k.node("sewage", capacity=14.0, recovery=0.9, usable=0.6, output_limit=8.0, outlet=True, overflow=True)
    k.store(
        "lake", capacity=80.0, dead=5.0, initial=40.0, inflow=k.cycle([0, 0, 0, 0, 0, 10, 30, 20, 0, 0, 0, 0]),
        evaporation=60.0, rain=k.cycle([5, 5, 10, 20, 40, 90, 150, 120, 60, 30, 10, 5]), seepage=15.0,
        curve=((0.0, 40.0, 80.0), (0.5, 4.0, 6.0)), seepage_to="wells", seepage_recharge=0.7,
    )  # fmt: skip
    k.link("river>works", capacity=40.0, loss=0.05, loss_to="wells", loss_recharge=0.4, unit_cost=0.1)
    k.link("river>lake", capacity=30.0).link("lake>works").link("wells>works", capacity=9.0).link(
        "wells>farm"
    )
    k.link("works>homes").link("works>mill", loss=0.02).link("sewage>mill").link("lake>farm", loss=0.2)
    k.link("old_plant>farm")
    k.demand("homes", 16.0, [("sewage", 0.75)], kind="residential", guarantee=0.95)
    k.demand(
        "farm", k.cycle([0, 0, 15, 30, 45, 40, 10, 10, 20, 10, 0, 0]), [("wells", 0.2)], kind="irrigation",
        zone="country", guarantee=0.5, tolerance=0.25,
    )  # fmt: skip
    k.demand("mill", 12.0, [("sewage", 0.6)], guarantee=0.9)
    k.quota("intake", ["river"], 480.0, reset_month=7).quota("wells_cap", ["wells"], 80.0)
    k.restrict("drought", ["lake"], [0.5, 0.25], {"farm": [0.9, 0.6]})
    return k.share("homes").share("mill").share("farm").rows()
