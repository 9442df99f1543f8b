"""Checks of the hydrology against the series and the run."""

from __future__ import annotations

from collections.abc import Iterable

from waterbal.errors import Message, nearest, one_of
from waterbal.model import unknown
from waterbal.model.hydrology import Generated, Observed, TypicalYears
from waterbal.model.marks import Path
from waterbal.model.root import Model
from waterbal.model.series_spec import FileSeries, kind_of

Found = tuple[Path, str, str, str]


def hydrology_problems(model: Model) -> list[Found]:
    """Give the problems of a model's hydrology."""
    spec = model.hydrology
    if spec is None:
        return []
    path: Path = ("hydrology",)
    found: list[Found] = []
    for index, name in enumerate(spec.sites):
        found += _unknown((*path, "sites", index), name, unknown.SERIES, model.series)
    for name in spec.delta:
        found += _unknown((*path, "delta", name), name, unknown.SITE, spec.sites)
    for name in spec.records:
        found += _unknown((*path, "records", name), name, unknown.SITE, spec.sites)
    if spec.regime is not None:
        found += _unknown((*path, "regime"), spec.regime, unknown.REGIME, spec.regimes)
    if isinstance(spec, Generated) and isinstance(spec.margin, dict):
        for name in spec.margin:
            found += _unknown((*path, "margin", name), name, unknown.SITE, spec.sites)
    if isinstance(spec, Observed) and not spec.rotate and spec.dry_years is None:
        for name in ("record", "records"):
            if getattr(spec, name):
                message = Message(
                    f"{name!r} 不起作用：模拟直接取文件中自身的月份",
                    f"{name!r} has no effect: the run takes its own months of the files",
                )
                expected = Message(
                    "'rotate: true'，或模拟的起止时间", "'rotate: true', or the run's start and end"
                )
                found.append(((*path, name), message, expected, ""))
    if isinstance(spec, TypicalYears):
        found += _unknown((*path, "index"), spec.index, unknown.SITE, spec.sites)
        for index, name in enumerate(spec.unscaled or ()):
            found += _unknown((*path, "unscaled", index), name, unknown.SITE, spec.sites)
            if name == spec.index:
                message = Message(
                    f"{name!r} 是指标站，须经缩放才具有该频率",
                    f"{name!r} is the index, which has the probability by being scaled",
                )
                expected = Message("另一个站点，或 'scale: none'", "another site, or 'scale: none'")
                found.append(((*path, "unscaled", index), message, expected, ""))
    if not found:
        found += _sources(model) + _dry_years(model)
    return found


def _sources(model: Model) -> list[Found]:
    """Every site has a record, or statistics to be drawn from."""
    spec = model.hydrology
    assert spec is not None
    fitted = spec.fitted if isinstance(spec, Generated) else None
    found: list[Found] = []
    for index, name in enumerate(spec.sites):
        series = model.series[name]
        path: Path = ("hydrology", "sites", index)
        if fitted is None:
            if not isinstance(series, FileSeries):
                drawn = isinstance(spec, Generated)
                expected = Message(
                    "来自文件的系列" + ("，或 'fitted'" if drawn else ""),
                    "a series from a file" + (", or 'fitted'" if drawn else ""),
                )
                message = Message(
                    f"系列 {name!r} 没有实测记录，是逐月抽取的",
                    f"series {name!r} has no record, it is drawn by month",
                )
                found.append((path, message, expected, ""))
        elif name not in fitted.sites:
            near = nearest(name, fitted.sites)
            message = Message(f"'fitted' 中没有 {name!r} 的统计量", f"'fitted' has no statistics of {name!r}")
            found.append((path, message, one_of(fitted.sites), near))
        elif fitted.sites[name].kind != kind_of(series):
            kinds = kind_of(series), fitted.sites[name].kind
            message = Message(
                f"系列 {name!r} 的种类为 {kinds[0]!r}，'fitted' 中为 {kinds[1]!r}",
                f"series {name!r} is of kind {kinds[0]!r}, 'fitted' says {kinds[1]!r}",
            )
            found.append((path, message, Message("同一种类", "the same kind"), ""))
    return found


def _dry_years(model: Model) -> list[Found]:
    """Dry years are of a site and inside the run."""
    spec = model.hydrology
    assert spec is not None
    dry = spec.dry_years
    if dry is None:
        return []
    path: Path = ("hydrology", "dry_years")
    found = _unknown((*path, "index"), dry.index, unknown.SITE, spec.sites)
    first, last = (int(text[:4]) * 12 + int(text[5:]) - 1 for text in (model.time.start, model.time.end))
    months = last - first + 1
    offset = 12 * (dry.from_ - first // 12)
    if not 0 <= offset <= months - 12 * dry.years:
        start, end = model.time.start, model.time.end
        message = Message(
            f"自 {dry.from_} 年起的 {dry.years} 个枯水年不在模拟期内（{start} 至 {end}）",
            f"{dry.years} dry years from {dry.from_} are not in the run ({start} to {end})",
        )
        limit = first // 12 + (months - 12 * dry.years) // 12
        expected = (
            Message(f"{first // 12} 至 {limit} 之间的年份", f"a year from {first // 12} to {limit}")
            if months >= 12 * dry.years
            else Message("更少的年数", "fewer years")
        )
        found.append(((*path, "from"), message, expected, ""))
    if isinstance(spec, Generated) and spec.fitted is not None and dry.probability is None:
        message = Message("统计量中没有最枯年份", "statistics have no driest years")
        expected = Message(
            "以 'probability' 给出枯水年总量的频率，如 0.95",
            "'probability' of the total of the dry years, e.g. 0.95",
        )
        found.append((path, message, expected, ""))
    return found


def _unknown(path: Path, name: str, what: Message, valid: Iterable[str]) -> list[Found]:
    """Report a name that is none of the valid ones."""
    names = list(valid)
    if name in names:
        return []
    return [(path, *unknown.unknown(name, what, names))]
