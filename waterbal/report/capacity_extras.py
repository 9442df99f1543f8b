"""What else is told of the baseline: balances, the load state, the bound of perfect foresight."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from waterbal.capacity.search import STATUS
from waterbal.report.capacity_fits import fits_table
from waterbal.report.capacity_words import CAPACITY, say
from waterbal.results.metrics import Bools

if TYPE_CHECKING:
    import xarray as xr
    from rich.table import Table

WORTH_MOST = 3
"""Limits of which is told what they are worth to the bound of perfect foresight."""


def already(found: xr.Dataset) -> Bools:
    """Tell which measures the scenario has already, ndarray (measure); an older file does not say so of any."""
    if "relief_present" not in found:
        return np.zeros(found.sizes["measure"], dtype=np.bool_)
    return np.asarray(found["relief_present"].values == 1)


def change_text(change: float, language: str) -> str:
    """Tell what a measure, or a limit, changes of the scale; in words where nothing stops growth with or without it.

    Parameters
    ----------
    change : float [-]
        As ``relief_change`` and ``limit_worth`` have it.
    language : str
        ``zh`` or ``en``.
    """
    if np.isinf(change):
        return say("unbounded_then" if change > 0.0 else "bounded_then", language)
    return f"{change:+z.3f}"


def texts(found: xr.Dataset, name: str) -> list[str]:
    """Return texts, as they are in memory or read from a file."""
    return [v.decode() if isinstance(v, bytes) else str(v) for v in found[name].values.ravel()]


def text_at(found: xr.Dataset, name: str, *place: int) -> str:
    """Return one text."""
    value = found[name].values[place]
    return value.decode() if isinstance(value, bytes) else str(value)


def limit_names(found: xr.Dataset, language: str) -> list[str]:
    """Return the names of the limits; elements that the file calls by their id are named after what they serve."""
    from waterbal.results.names import Labels, name_of

    known = Labels.from_config(json.loads(str(found.attrs.get("waterbal_config", "{}")))).elements
    told = []
    for path, name in zip(texts(found, "limit_id"), texts(found, f"limit_name_{language}"), strict=True):
        id = path.split(".")[1]
        called = getattr(name_of(id, known), language)
        told.append(called + name.removeprefix(id) if name.startswith((f"{id}·", f"{id}:")) else name)
    return told


def lines(found: xr.Dataset, language: str) -> list[str]:
    """Tell the load state and the bound in sentences."""
    told = []
    if "load_value" in found:
        names, bands = (
            texts(found, f"load_element_name_{language}"),
            texts(found, f"load_band_name_{language}"),
        )
        ids = texts(found, "load_element_id")
        for id, name, band, value, use, limit in zip(
            ids, names, bands, found["load_value"].values, found["load_use"].values, found["load_limit"].values,
            strict=True,
        ):  # fmt: skip
            counted = say("load_needed" if id.endswith("needed") else "load_used", language)
            told.append(
                say("load", language, name=name, counted=counted, use=f"{use:z,.0f}", limit=f"{limit:z,.0f}",
                    ratio=_ratio(id, float(value), float(use), float(limit)), value=f"{value:z.3f}", band=band)
            )  # fmt: skip
        told.append(threshold_line(found, language))
    told += [*bound_lines(found, language), *risk_lines(found, language)]
    text = str(found.attrs.get(f"sensitivity_leading_{language}", ""))
    if text:
        told += [say("leading", language), *(f"  {line}" for line in text.splitlines())]
    return told


def _ratio(id: str, value: float, use: float, limit: float) -> str:
    """Write what the thresholds band: use over cap, or the excess over it."""
    sign = "G" if id.startswith("groundwater") else "W"
    over = abs(value - use / limit) < abs(value - (use - limit) / limit)
    return f"{sign}/{sign}₀" if over else f"({sign} - {sign}₀)/{sign}₀"


def threshold_line(found: xr.Dataset, language: str) -> str:
    """Name the set of thresholds that the load state is banded by, with its version and grade."""
    own = {name: str(found.attrs.get(f"load_set{name}", "")) for name in ("", "_version", "_grade")}
    grade = f"grade_{own['_grade']}"
    told = say(grade, language) if grade in CAPACITY else own["_grade"]
    return say("load_set", language, set=own[""], version=own["_version"], grade=told)


def bound_lines(found: xr.Dataset, language: str) -> list[str]:
    """Tell the bound of perfect foresight; nothing where it was not asked for."""
    if "bound_scale" not in found:
        return []
    carried = {
        "scale": _carried(found["bound_scale"], str(found.attrs.get("bound_state", "")), language),
        "alone": _carried(
            found["bound_simulated"], str(found.attrs.get("bound_simulated_state", "")), language
        ),
    }
    told = [say("bound", language, record=int(found.attrs.get("bound_record", 0)), **carried)]
    if "bound_worth" in found:
        names, worths = texts(found, f"bound_limit_name_{language}"), found["bound_worth"].values
        shown = [f"{name} {worth:+z.4f}" for name, worth in zip(names, worths, strict=True)][:WORTH_MOST]
        joint = "；" if language == "zh" else "; "
        told.append(say("bound_worth", language, worths=joint.join(shown)))
    return told


def _carried(scale: xr.DataArray, state: str, language: str) -> str:
    """Write a scale of the plan, or why there is none."""
    value = float(scale.values)
    if np.isfinite(value):
        return say("bound_times", language, scale=f"{value:z.3f}")
    return say("carries_none" if state.startswith("infeasible") else "no_limit", language)


def risk_lines(found: xr.Dataset, language: str) -> list[str]:
    """Tell what records carry alone, and how sure the capacity of all of them is, in every planning year."""
    if "risk_ensemble_interval" not in found:
        return []
    within = f"{100.0 * float(found.attrs.get('risk_within', np.nan)):g} %"
    told = []
    for k, year in enumerate(texts(found, "risk_horizon")):
        scale, more = (
            float(found["risk_ensemble_scale"].values[k]),
            int(found["risk_ensemble_more_needed"].values[k]),
        )
        told.append(_alone(found, k, year, language))
        if not np.isfinite(scale):
            continue
        low, high = (
            say("carries_none", language) if np.isinf(end) else f"{end:z.3f}"
            for end in found["risk_ensemble_interval"].values[k]
        )
        needs = "sure_unknown" if more < 0 else "sure_enough" if more == 0 else "sure_more"
        told.append(
            say("sure", language, year=year, scale=f"{scale:z.3f}", low=low, high=high,
                count=found.sizes["risk_realization"], needs=say(needs, language, more=f"{more:,}", within=within))
        )  # fmt: skip
    return told


def _alone(found: xr.Dataset, k: int, year: str, language: str) -> str:
    """Tell the distribution of what records carry alone in one planning year."""
    states = [STATUS[int(code)] for code in found["risk_realization_status"].values[k]]
    if len(states) == 1:
        return say("one_record", language, year=year)
    ends = {"unbounded": np.inf, "infeasible_at_zero": -np.inf}
    scales = np.sort(
        [
            ends.get(state, float(scale))
            for state, scale in zip(states, found["risk_realization_scale"].values[k], strict=True)
        ]
    )

    def said(value: float) -> str:
        if np.isinf(value):
            return say("no_limit" if value > 0.0 else "carries_none", language)
        return f"{value:z.3f}"

    share = f"{100.0 * float(found.attrs['risk_safe_share']):g} %"
    safe, needed = float(found["risk_safe_scale"].values[k]), int(found["risk_safe_needed"].values[k])
    known = np.isfinite(safe) or len(states) >= needed
    text = say(
        "alone_safe" if known else "alone_unsafe", language, share=share, needed=f"{needed:,}",
        scale=said(safe if np.isfinite(safe) else -np.inf),
    )  # fmt: skip
    low, median, high = said(scales[0]), said(scales[(len(states) - 1) // 2]), said(scales[-1])
    return say("alone", language, year=year, low=low, high=high, median=median, safe=text)


def tables(found: xr.Dataset, language: str) -> list[Table]:
    """Make the tables that have something to show."""
    made = []
    if "balances_gap_share" in found:
        made.append(balances_table(found, language))
    if "balances_gap_closed" in found:
        made.append(closed_table(found, language))
    if "balances_fit_amount" in found:
        made.append(fits_table(found, language))
    return made


def table(title: str, columns: list[tuple[str, str]]) -> Table:
    """Make an empty table."""
    from rich import box
    from rich.table import Table

    made = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold")
    for name, justify in columns:
        made.add_column(name, justify=justify, overflow="fold")  # type: ignore[arg-type]
    return made


def balances_table(found: xr.Dataset, language: str) -> Table:
    """Need, supply and gap of every balance, in the mean and in the years at P."""
    names = texts(found, f"balances_balance_name_{language}")
    when = [
        say(f"when_{w}", language) if f"when_{w}" in CAPACITY else w.upper()
        for w in texts(found, "balances_when")
    ]
    made = table(
        say("title_balances", language),
        [
            (say("balance", language), "left"),
            (say("need", language), "right"),
            (say("supply", language), "right"),
        ]
        + [(f"{say('gap', language)} {w}", "right") for w in when],
    )
    from waterbal.report.printed_balances import printed

    volumes = printed(found)
    need, supply, gap = volumes.total_need, volumes.total_supply, volumes.gap
    share = found["balances_gap_share"].values
    for k, name in enumerate(names):
        gaps = [f"{gap[k, w]:z,.0f} ({100 * share[k, w]:z.1f} %)" for w in range(len(when))]
        made.add_row(name, f"{need[k, 0]:z,.0f}", f"{supply[k, 0]:z,.0f}", *gaps)
    return made


def closed_table(found: xr.Dataset, language: str) -> Table:
    """What each measure closes, in both orders."""
    orders = texts(found, "balances_order")
    made = table(
        say("title_closed", language),
        [(say("measure", language), "left")]
        + [(say(f"order_{o}", language) if f"order_{o}" in CAPACITY else o, "right") for o in orders],
    )
    from waterbal.report.printed_balances import printed

    mean = printed(found).closed[:, :, 0]
    for name, row in zip(texts(found, f"balances_measure_name_{language}"), mean.T, strict=True):
        made.add_row(name, *(f"{value:z,.0f}" for value in row))
    return made
