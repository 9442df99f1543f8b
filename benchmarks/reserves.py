"""What keeping water for later does: the peer network and the Jinan model, with and without reserves.

``python -m benchmarks.reserves [--json] [--scenarios 20] [--years 60] [--only peer|jinan]``

Shares are volumes supplied over volumes needed. A year is without shortage if every month of it is served to
1e-6. Unused quota is what lapses at the resets, a mean over years. Needs that follow the weather (irrigation,
lakes of the Jinan model) are planned for at a quantile of the record; ``need known`` hands the look-ahead the
coming needs instead, as a bound for what a better forecast of demand could give.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peer_case import SECTORS, UNIT, Inputs, Options, generate, rows
from waterbal import api
from waterbal.model.rows import Floats, Ints, ReserveOptions, Rows
from waterbal.network.build import build
from waterbal.network.simulate import simulate

NONE = ReserveOptions("none")
PLANNED = ReserveOptions("planned", dependability=0.95)
JINAN = Path(__file__).parent.parent / "configs" / "jinan" / "model.yaml"
PLANNING_YEARS = (2025, 2030, 2035)
QUANTILES = (0.25, 0.5, 0.75, 0.95)
FULL = 1.0 - 1e-6
"""Share of the need from which a month counts as served."""

PEER_CASES: dict[str, dict[str, Any]] = {
    "base": {},
    "treatment 0.8": {"treatment": 0.8},
    "groundwater not potable": {"potable_groundwater": False},
    "resets Jul, Nov, Jan": {"resets": (7, 11, 1)},
}
PEER_RESERVES = {"none": NONE, "planned": PLANNED, "planned, plan 15 % low": replace(PLANNED, scale=0.85)}
JINAN_CASES: dict[str, list[str]] = {
    "as is": [],
    "quota x 0.681": ["parameters.yellow.cut=0.681"],
    "no monthly plan": ["sources.yellow_river.plan=null"],
}


def sums(values: Floats, groups: dict[str, list[int]]) -> dict[str, Floats]:
    """Add up the demands of each group, ndarrays (member, time)."""
    return {name: values[:, :, members].sum(axis=2) for name, members in groups.items()}


def ratio(part: Floats, whole: Floats) -> float:
    """Return the share of a volume, 1 where nothing is asked for."""
    total = float(np.sum(whole))
    return float(np.sum(part)) / total if total > 0.0 else 1.0


def served_years(supply: Floats, need: Floats, year: Ints) -> float:
    """Return the share of member-years in which every month is served."""
    served = supply >= need * FULL - 1e-9
    return float(np.mean([np.all(served[:, year == y], axis=1) for y in np.unique(year)]))


def unused(left: Floats, resets: Sequence[int], variants: Sequence[Rows]) -> list[float]:
    """Return what lapses of each quota at its reset, a mean over members and quota years [1e4 m3]."""
    month = variants[0].axis.month
    result = []
    for q, reset in enumerate(resets):
        last = np.flatnonzero(np.append(month[1:] == reset, reset == 1))
        result.append(float(left[:, last, q].mean()) if last.size else 0.0)
    return result


def measure(variants: Sequence[Rows], groups: dict[str, list[int]]) -> dict[str, Any]:
    """Run members and return their shares.

    Parameters
    ----------
    variants : sequence of Rows
        One lowered model per member.
    groups : dict
        Numbers of the demands of each group.

    Returns
    -------
    dict
        Shares and volumes by group, or only ``status`` and ``step`` of a run that failed.
    """
    first = variants[0]
    run = simulate(build(variants))
    if run.totals.status.any() or run.series is None:
        return {"status": run.totals.status.tolist(), "step": run.totals.step.tolist()}
    need = sums(np.stack([[d.gross for d in one.demands] for one in variants]).transpose(0, 2, 1), groups)
    supply = sums(run.series["supply"], groups)
    december = first.axis.month == 12
    lapsed = unused(run.series["quota_left"], [quota.reset_month for quota in first.quotas], variants)
    years = np.unique(first.axis.year).size
    with np.errstate(invalid="ignore", divide="ignore"):
        worst = {
            name: max(0.0, float(np.nanmin(np.where(need[name] > 0.0, supply[name] / need[name], np.nan))))
            for name in need
        }
    return {
        "whole": {name: ratio(supply[name], need[name]) for name in groups},
        "december": {name: ratio(supply[name][:, december], need[name][:, december]) for name in groups},
        "worst_month": worst,
        "years_without_shortage": {
            name: served_years(supply[name], need[name], first.axis.year) for name in groups
        },
        "need_per_year": {name: float(need[name].sum()) / years / len(variants) for name in groups},
        "supply_per_year": {name: float(supply[name].sum()) / years / len(variants) for name in groups},
        "unused_quota": dict(zip([quota.id for quota in first.quotas], lapsed, strict=True)),
        "residual": float(run.totals.residual.max()),
    }


def peer(scenarios: int, years: int) -> dict[str, dict[str, Any]]:
    """Measure the peer network, equal shares inside a sector; volumes in Mm3."""
    inputs: Inputs = generate(years=years)
    groups = {s: [k for k, name in enumerate(inputs.names) if name.split("_")[0] == s] for s in SECTORS}
    results: dict[str, dict[str, Any]] = {}
    for case, changes in PEER_CASES.items():
        for label, reserve in PEER_RESERVES.items():
            options = Options(reserve=reserve, strict=False, **changes)
            found = measure([rows(inputs, s, options) for s in range(scenarios)], groups)
            for name in ("need_per_year", "supply_per_year", "unused_quota"):
                found[name] = {key: value / UNIT for key, value in found.get(name, {}).items()}
            results[f"{case} | {label}"] = found
            progress(f"{case} | {label}", found)
    return results


def known_needs(model: Rows) -> Rows:
    """Return the model with a plan that has the coming needs exactly."""
    return replace(model, demands=[replace(demand, weather_driver=None) for demand in model.demands])


def jinan_variations(model: Rows) -> dict[str, Rows]:
    """Return the reserve rules compared on the Jinan model."""
    planned = replace(model, reserve=PLANNED)
    variations = {
        "none": replace(model, reserve=NONE),
        "curve": replace(model, reserve=ReserveOptions("curve")),
    }
    for quantile in QUANTILES:
        name = f"planned, need quantile {quantile:g}"
        variations[name] = replace(model, reserve=replace(PLANNED, need_quantile=quantile))
    variations["planned, plan 15 % low"] = replace(model, reserve=replace(PLANNED, scale=0.85))
    variations["planned, need known"] = known_needs(planned)
    return variations


def jinan() -> dict[str, dict[str, Any]]:
    """Measure the Jinan model in three planning years; volumes in 1e4 m3."""
    results: dict[str, dict[str, Any]] = {}
    for case, overrides in JINAN_CASES.items():
        for year in PLANNING_YEARS:
            model = api.load(JINAN, [f"time.planning_year={year}", *overrides]).rows()
            groups: dict[str, list[int]] = {}
            for k, demand in enumerate(model.demands):
                groups.setdefault(demand.kind, []).append(k)
            for label, one in jinan_variations(model).items():
                results[f"{case} {year} | {label}"] = found = measure([one], groups)
                progress(f"{case} {year} | {label}", found)
    return results


QUIET = False


def progress(name: str, found: dict[str, Any]) -> None:
    """Print one result."""
    if QUIET:
        return

    def line(values: dict[str, float], form: str) -> str:
        return " ".join(f"{key} {value:{form}}" for key, value in values.items())

    print(name)
    if "status" in found:
        print(f"  failed: status {found['status']} at steps {found['step']}", flush=True)
        return
    print("  whole     " + line(found["whole"], ".4f"))
    print("  December  " + line(found["december"], ".4f"))
    print("  worst     " + line(found["worst_month"], ".3f"))
    print("  years     " + line(found["years_without_shortage"], ".3f"))
    print("  supply    " + line(found["supply_per_year"], ".0f"))
    print("  unused    " + line(found["unused_quota"], ".1f"), flush=True)


def main() -> None:
    """Run the comparison."""
    global QUIET
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    parser.add_argument("--scenarios", type=int, default=20)
    parser.add_argument("--years", type=int, default=60)
    parser.add_argument("--only", choices=("peer", "jinan"))
    arguments = parser.parse_args()
    QUIET = arguments.json
    results: dict[str, Any] = {}
    if arguments.only != "jinan":
        results["peer"] = peer(arguments.scenarios, arguments.years)
    if arguments.only != "peer":
        results["jinan"] = jinan()
    if arguments.json:
        print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
