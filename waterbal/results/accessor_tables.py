"""Tables of a result as data frames: need and supply, the budget of the district, and every shortage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.errors import Issue, Message, UsageError, in_language, nearest, one_of
from waterbal.model.rows import Floats, days_of_years
from waterbal.results import metrics
from waterbal.results.accessor_text import ended, kind

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

VOLUMES = {
    "need": ("water_demand", "mean_annual_demand"),
    "supply": ("water_supply", "mean_annual_supply"),
    "shortage": ("water_shortage", "mean_annual_shortage"),
}
"""Column -> variable of series, and of means where no series are kept."""
GROUPS = ("zone", "sector", "demand")
MEMBER = ("scenario", "realization")
AXIS = "scenario_axis"
"""Attribute of the coordinate of an axis."""
RUN_OR_SWEEP = Message(" `waterbal run` 或 `waterbal sweep` ", "`waterbal run` or `waterbal sweep`")
FULL = Message(" `waterbal run` 或以 `keep: full` 批量计算", "`waterbal run`, or a sweep with `keep: full`")
YEARLY = Message(
    " `waterbal run` 或以 `keep: yearly`、`keep: full` 批量计算",
    "`waterbal run`, or a sweep with `keep: yearly` or `keep: full`",
)
_OWN = {
    "capacity": Message("承载能力成果", "capacities"),
    "sweep": Message("该批量计算成果", "this sweep"),
}


def guarantee(results: xr.Dataset, group: str) -> xr.DataArray:
    """Return annual guarantee rates over the years of all records [-]; see ``DatasetAxes.guarantee``."""
    from waterbal.results import pooled

    groups = (*GROUPS, "district")
    if group not in groups:
        message = Message(f"保证率不能按 {group!r} 给出", f"there are no guarantee rates by {group!r}")
        raise UsageError(Issue(message, "group", expected=one_of(groups), nearest=nearest(group, groups)))
    kept = pooled.names(group)
    if not all(name in results and set(MEMBER) <= set(results[name].dims) for name in kept):
        raise _wrong("guarantee", results, RUN_OR_SWEEP)
    rates = pooled.annual(results, group).pooled
    told = results[kept[0]].isel(realization=0, drop=True)
    made = told.copy(data=rates if group != "district" else rates[:, 0])
    return made.rename("guarantee").assign_attrs(
        long_name="annual guarantee rate over the years of all records, m / (n + 1)",
        long_name_zh="年保证率（全部样本的年份合并计算），m / (n + 1)",
    )


def balance(results: xr.Dataset, by: Sequence[str], year: int | None, language: str) -> pd.DataFrame:
    """Return need, supply and shortage [1e4 m3/yr]; see ``DatasetAxes.balance``."""
    import pandas as pd

    kept = any(name in results for name in ("water_demand", "yearly_water_demand", "mean_annual_demand"))
    if "demand_id" not in results.coords or not kept:
        raise _wrong("balance", results, RUN_OR_SWEEP)
    unknown = [name for name in by if name not in (*GROUPS, "realization")]
    if unknown or isinstance(by, str):
        told = ", ".join((*GROUPS, "realization"))
        raise UsageError(
            [
                Issue(Message(f"供需平衡不能按 {name!r} 汇总", f"cannot tell the balance by {name!r}"), "by",
                      expected=Message(f"取自下列各项的列表：{told}", f"a list of: {told}"),
                      nearest=nearest(name, (*GROUPS, "realization")))
                for name in ([by] if isinstance(by, str) else unknown)
            ]
        )  # fmt: skip
    values = {name: yearly_means(results, *variables, year) for name, variables in VOLUMES.items()}
    good = ended(results)
    columns = [_labels(results, name, language) for name in by if name != "realization"]
    keys = list(dict.fromkeys(zip(*columns, strict=True))) if columns else [()]
    number = {key: place for place, key in enumerate(keys)}
    place = np.zeros(results.sizes["demand"], dtype=np.int64)
    if columns:
        place[:] = [number[key] for key in zip(*columns, strict=True)]
    lines: list[dict[str, Any]] = []
    for scenario in range(good.shape[0]):
        numbers = np.flatnonzero(good[scenario])
        parts = [[r] for r in numbers] if "realization" in by else [numbers] if numbers.size else []
        for part in parts:
            head = _member(results, scenario, language)
            if "realization" in by:
                head["realization"] = int(results["realization"].values[part[0]])
            means = {name: table[scenario, part].mean(axis=0) for name, table in values.items()}
            for group, key in enumerate(keys):
                here = place == group
                line = {name: max(float(mean[here].sum()), 0.0) for name, mean in means.items()}
                share = line["shortage"] / line["need"] if line["need"] > 0.0 else np.nan
                named = dict(zip([n for n in by if n != "realization"], key, strict=True))
                lines.append({**head, **named, **line, "shortage_share": share})
    return pd.DataFrame(lines)


def budget(results: xr.Dataset, year: int | None, language: str) -> pd.DataFrame:
    """Return the budget of the district [1e4 m3/yr]; see ``DatasetAxes.budget``."""
    import pandas as pd

    if not any(name in results for name in ("district_budget", "yearly_district_budget")):
        wanted = YEARLY
        raise _wrong("budget", results, wanted)
    table = yearly_means(results, "district_budget", "", year)
    good = ended(results)
    names = _labels(results, "term", language)
    sides = [str(side) for side in results["term_side"].values]
    lines = []
    for scenario in range(good.shape[0]):
        if good[scenario].any():
            mean = table[scenario, good[scenario]].mean(axis=0)
            head = _member(results, scenario, language)
            lines += [
                {**head, "term": name, "side": side, "volume": float(value)}
                for name, side, value in zip(names, sides, mean, strict=True)
            ]
    return pd.DataFrame(lines)


def shortages(results: xr.Dataset, by: str, language: str) -> pd.DataFrame:
    """Return every failure event; see ``DatasetAxes.shortages``."""
    import pandas as pd

    if "water_supply" not in results:
        raise _wrong("shortages", results, FULL)
    if by not in GROUPS:
        raise UsageError(
            Issue(Message(f"缺水不能按 {by!r} 列出", f"cannot tell shortages by {by!r}"), "by", expected=one_of(GROUPS),
                  nearest=nearest(by, GROUPS))
        )  # fmt: skip
    names = _labels(results, by, language)
    keys = list(dict.fromkeys(names))
    first = results["time_bnds"].values[:, 0].astype("datetime64[D]")
    last = results["time_bnds"].values[:, 1].astype("datetime64[D]") - np.timedelta64(1, "D")
    good = ended(results)
    lines: list[dict[str, Any]] = []
    for scenario, realization in zip(*np.nonzero(good), strict=True):
        head = _member(results, int(scenario), language)
        if head:
            head["realization"] = int(results["realization"].values[realization])
        need, supply = (
            results[name].values[scenario, realization] for name in ("water_demand", "water_supply")
        )
        for key in keys:
            here = np.array([name == key for name in names])
            own_need, own_supply = need[here].sum(axis=0), supply[here].sum(axis=0)
            for begin, end, short in _events(own_need, own_supply):
                steps = slice(begin, end + 1)
                failing = short[steps] > 0.0
                wanted = own_need[steps][failing]
                lines.append(
                    {
                        **head, by: key, "first": first[begin], "last": last[end], "steps": int(failing.sum()),
                        "shortage": float(short[steps].sum()),
                        "shortage_share": float(short[steps].sum() / wanted.sum()),
                        "largest_share": float((short[steps][failing] / wanted).max()),
                    }
                )  # fmt: skip
    columns = [by, "first", "last", "steps", "shortage", "shortage_share", "largest_share"]
    return pd.DataFrame(lines, columns=None if lines else columns)


def _events(need: Floats, supply: Floats) -> list[tuple[int, int, Floats]]:
    """Give first and last step of every event, and what is short in failing steps [1e4 m3].

    Steps without need are left out of account: they neither end an event nor belong to one at its ends.
    """
    asked = np.flatnonzero(need > 0.0)
    short = metrics.shortage(need, supply)
    bad = metrics.failing(need, supply)[asked]
    edges = np.diff(np.concatenate([[0], bad.astype(np.int8), [0]]))
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    return [(int(asked[b]), int(asked[e]), short) for b, e in zip(begins, ends, strict=True)]


def yearly_means(results: xr.Dataset, series: str, mean: str, year: int | None = None) -> Floats:
    """Return the mean of the complete calendar years, or one year, ndarray (scenario, realization, element).

    Parameters
    ----------
    results : Dataset
        A run or sweep.
    series : str
        Variable of a run whose steps add up [1e4 m3].
    mean : str
        Variable of a sweep that has its mean, taken where no series and no years are kept [1e4 m3/yr].
    year : int, optional
        Calendar year.

    Returns
    -------
    ndarray (scenario, realization, element) [1e4 m3/yr]
        Of a record without any complete year, its sum over its length in years.

    Raises
    ------
    UsageError
        If the year is not known.
    """
    if series in results:
        time = results["time"].dt
        years, months = (v.values.astype(np.int64) for v in (time.year, time.month))
        known = metrics.complete_years(years, months)
        values = np.nan_to_num(results[series].values)
        if known.size == 0 and year is None:
            length = float((results["step_days"].values / days_of_years(years)).sum())
            scaled: Floats = values.sum(axis=-1) / length
            return scaled
        return _chosen(metrics.yearly(values, years, known), known, year)
    if f"yearly_{series}" in results:
        return _chosen(results[f"yearly_{series}"].values, results["year"].values, year)
    if year is not None:
        raise _wrong(f"year {year}", results, YEARLY)
    found: Floats = results[mean].values
    return found


def _chosen(values: Floats, years: Any, year: int | None) -> Floats:
    if year is None:
        mean: Floats = values.mean(axis=-1)
        return mean
    known = [int(own) for own in years]
    if year not in known:
        expected = (
            Message(
                f"{known[0]} 至 {known[-1]} 年中资料完整的一年",
                f"a complete year from {known[0]} to {known[-1]}",
            )
            if known
            else Message("没有：没有一个完整年份", "none: there is no complete year")
        )
        raise UsageError(
            Issue(Message(f"没有 {year} 年", f"there is no year {year}"), "year", expected=expected)
        )
    one: Floats = values[..., known.index(year)]
    return one


def _labels(results: xr.Dataset, by: str, language: str) -> list[str]:
    """Name every demand by itself, its zone or its sector, or every element of another dimension."""
    own = f"demand_{by}" if by in ("zone", "sector") else f"{by}_id"
    ids = [str(id) for id in results[own].values]
    if not language:
        return ids
    if f"{by}_name_{language}" not in results.coords:
        raise UsageError(
            Issue(
                Message(f"没有语言 {language!r}", f"there is no language {language!r}"),
                "language",
                expected=Message("zh 或 en", "zh or en"),
            )
        )
    names = dict(
        zip(
            results[f"{by}_id"].values.tolist(), results[f"{by}_name_{language}"].values.tolist(), strict=True
        )
    )
    return [str(names.get(id, id)) for id in ids]


def _member(results: xr.Dataset, scenario: int, language: str) -> dict[str, Any]:
    """Name a scenario of a sweep and its values; nothing for a run."""
    if kind(results) != "sweep":
        return {}
    own = f"scenario_name_{language}" if language else "scenario_id"
    axes = {
        str(name): c.values[scenario]
        for name, c in results.coords.items()
        if AXIS in c.attrs and c.dims == ("scenario",)
    }
    head = {"scenario": str(results[own].values[scenario])}
    return head | {name: value.item() if hasattr(value, "item") else value for name, value in axes.items()}


def _wrong(what: str, results: xr.Dataset, wanted: str) -> UsageError:
    """Return the error of a result that cannot tell something."""
    own = _OWN.get(kind(results), Message("该成果", "this result"))
    message = Message(f"{own.zh}给不出 {what}", f"{own} cannot tell: {what}")
    expected = Message(f"{in_language(wanted, 'zh')}的成果", f"a result of {wanted}")
    return UsageError(Issue(message, expected=expected))
