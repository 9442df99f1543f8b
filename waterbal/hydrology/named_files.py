"""Series named on the command line: ``FILE:COLUMN:UNITS``, and ``NAME=`` before it where it stands for a site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from waterbal import units
from waterbal.errors import Issue, Message, UsageError, nearest, one_of
from waterbal.hydrology.columns import KINDS
from waterbal.hydrology.tables import read_table
from waterbal.model.series_spec import FileSeries, GapFill

if TYPE_CHECKING:
    from waterbal.model.load import Loaded

FILLS: tuple[str, ...] = get_args(GapFill.model_fields["fill"].annotation)
_TRIED = ("rate", "volume", "depth", "concentration", "factor")


def named_series(text: str, kind: str = "", fill: str = "", where: str = "") -> FileSeries:
    """Read ``FILE:COLUMN`` or ``FILE:COLUMN:UNITS``.

    Parameters
    ----------
    text : str
        Files may have colons in their path; the longest path that is a file counts.
    kind : str
        Kind of the series; if empty it follows from the units.
    fill : str
        ``METHOD:LONGEST`` or ``METHOD:LONGEST:ENDS``, how gaps are filled; not at all if empty.
    where : str
        Option or argument that the text was given to, for messages.

    Raises
    ------
    UsageError
        If the text cannot be read that way.
    """
    parts = text.split(":")
    ends = [end for end in range(len(parts), 0, -1) if Path(":".join(parts[:end])).is_file()]
    if not ends:
        path = Path(parts[0])
        beside = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
        message = Message(f"{text!r} 所指的文件不存在", f"{text!r} names no file that is there")
        raise UsageError(
            Issue(
                message,
                where,
                expected=Message("文件:列:单位", "FILE:COLUMN:UNITS"),
                nearest=nearest(path.name, beside),
            )
        )
    path, rest = Path(":".join(parts[: ends[0]])), parts[ends[0] :]
    if not rest or len(rest) > 2:
        columns = ", ".join(read_table(path).columns)
        expected = Message(f"文件:列:单位；各列为 {columns}", f"FILE:COLUMN:UNITS; columns are {columns}")
        raise UsageError(
            Issue(
                Message(f"{text!r} 没有指明一列", f"{text!r} does not name one column"),
                where,
                expected=expected,
            )
        )
    unit = rest[1] if len(rest) == 2 else None
    kinds = [kind] if kind else _kinds(path, rest[0], unit, where)
    return FileSeries.model_validate(
        {
            "file": str(path.absolute()),
            "column": rest[0],
            "kind": kinds[0],
            "units": unit,
            "gaps": gap_fill(fill) if fill else "refuse",
            "source": f"{path}, column {rest[0]}",
        }
    )


def one_series(source: str, site: str, fill: str = "") -> tuple[str, FileSeries, Path, Loaded | None]:
    """Find the series that a frequency analysis is asked for.

    Parameters
    ----------
    source : str
        ``FILE:COLUMN:UNITS``; or a model file, with ``site``.
    site : str
        Series of the model; empty for a column of a file.
    fill : str
        As for ``named_series``.

    Returns
    -------
    name : str
    series : FileSeries
    folder : Path
        That the file name is relative to.
    loaded : Loaded or None
        The model that has it; None for a column of a file.

    Raises
    ------
    UsageError
        If there is no such series, or it has no record.
    ConfigError
        If the model is wrong.
    """
    if not site:
        if Path(source).suffix.lower() in (".yaml", ".yml"):
            raise UsageError(
                Issue(
                    Message("一个模型有多个系列", "a model has many series"),
                    "--site",
                    expected=Message("--site，写其中一个的名称", "--site NAME of one of them"),
                )
            )
        series = named_series(source, fill=fill, where="FILE:COLUMN:UNITS")
        return series.column, series, Path(), None
    from waterbal.model.load import load_model

    loaded = load_model(source)
    known = {name: one for name, one in loaded.model.series.items() if isinstance(one, FileSeries)}
    if site not in known:
        drawn = site in loaded.model.series
        message = (
            Message(f"{site!r} 由模型生成，没有实测系列", f"{site!r} is drawn, it has no record")
            if drawn
            else Message(f"模型没有系列 {site!r}", f"the model has no series {site!r}")
        )
        expected = one_of(known) if known else Message("系列来自文件的模型", "a model with series from files")
        raise UsageError(
            Issue(message, "--site", expected=expected, nearest="" if drawn else nearest(site, known))
        )
    found = known[site] if not fill else known[site].model_copy(update={"gaps": gap_fill(fill)})
    return site, found, loaded.series_dir, loaded


def named_sites(
    texts: Sequence[str], kinds: Mapping[str, str] | None, fill: str = ""
) -> dict[str, FileSeries]:
    """Read several ``NAME=FILE:COLUMN:UNITS``.

    Parameters
    ----------
    texts : sequence of str
        As given to ``--observed``.
    kinds : mapping or None
        Site -> kind, of the sites there are; None where any name will do and the kind follows from the units.
    fill : str
        As for ``named_series``.

    Raises
    ------
    UsageError
        With every problem.
    """
    found: dict[str, FileSeries] = {}
    issues: list[Issue] = []
    for text in texts:
        name, equals, rest = text.partition("=")
        if not equals or not (name.isidentifier() if kinds is None else name in kinds):
            message = (
                Message(f"{name!r} 不是站点", f"{name!r} is no site")
                if equals
                else Message(f"{text!r} 没有写明是哪个站点", f"{text!r} does not say which site it is")
            )
            expected = _observed_as(kinds)
            issues.append(Issue(message, "--observed", expected=expected, nearest=nearest(name, kinds or ())))
            continue
        try:
            found[name] = named_series(rest, kinds[name] if kinds else "", fill, "--observed")
        except UsageError as error:
            issues += error.issues
    if issues:
        raise UsageError(issues)
    return found


def gap_fill(text: str) -> GapFill:
    """Read ``METHOD:LONGEST`` or ``METHOD:LONGEST:ENDS``, e.g. ``interpolate:3``."""
    method, *numbers = text.split(":")
    limits = [int(number) for number in numbers if number.isdigit()]
    whole = len(limits) == len(numbers) and 1 <= len(limits) <= 2
    if method in FILLS and whole and limits[0] >= 1 and sum(limits[1:]) <= 15:
        return GapFill.model_validate({"fill": method, "longest": limits[0], "ends": sum(limits[1:])})
    expected = Message(
        "方法:最长 或 方法:最长:两端（不超过 15），例如 interpolate:3，方法为下列之一：",
        "METHOD:LONGEST or METHOD:LONGEST:ENDS (up to 15) such as interpolate:3, with one of ",
    )
    near = nearest(method, FILLS)
    raise UsageError(
        Issue(
            Message(f"{text!r} 不能用来填补缺测", f"{text!r} fills no gap"),
            "--fill",
            expected=expected + ", ".join(FILLS),
            nearest=near,
        )
    )


def exceedances(texts: Sequence[str]) -> list[float]:
    """Read exceedance probabilities in per cent, e.g. ``95`` or ``0.01%``.

    Parameters
    ----------
    texts : sequence of str
        As given to ``--probability``. Without a sign a number below 1 is refused: 0.95 would be meant as 95 %.

    Returns
    -------
    list of float
        Shares [-].

    Raises
    ------
    UsageError
        With every text that cannot be read that way.
    """
    found: list[float] = []
    issues: list[Issue] = []
    for text in texts:
        plain = text.strip().replace("％", "%")
        number = plain.removesuffix("%").strip()
        try:
            value = float(number)
        except ValueError:
            issues.append(
                Issue(
                    Message(f"{text!r} 不是超过概率", f"{text!r} is no exceedance"),
                    "--probability",
                    expected=Message("百分数，例如 95", "per cent, e.g. 95"),
                )
            )
            continue
        if 0.0 < value < 1.0 and number == plain:
            expected = Message(
                f"百分数，例如 {100 * value:g}（或 {number}%）",
                f"per cent, e.g. {100 * value:g} (or {number}%)",
            )
            issues.append(
                Issue(
                    Message(f"{text} 可能是比例而不是百分数", f"{text} may be a share"),
                    "--probability",
                    expected=expected,
                )
            )
        found.append(value / 100.0)
    if issues:
        raise UsageError(issues)
    return found


def _observed_as(kinds: Mapping[str, str] | None) -> Message:
    """Say how a record is named."""
    if not kinds:
        return Message("站点=文件:列:单位", "SITE=FILE:COLUMN:UNITS")
    known = ", ".join(kinds)
    return Message(
        f"站点=文件:列:单位，站点为下列之一：{known}", f"SITE=FILE:COLUMN:UNITS with one of {known}"
    )


def _kinds(path: Path, column: str, unit: str | None, where: str) -> list[str]:
    """Tell what a column holds by its units."""
    text = unit if unit is not None else read_table(path, "", column).units.get(column)
    if text is None:
        raise UsageError(
            Issue(
                Message(f"{path.name}:{column} 没有单位", f"{path.name}:{column} has no units"),
                where,
                expected=Message("文件:列:单位，单位例如 m3/s 或 mm", "FILE:COLUMN:UNITS, e.g. m3/s or mm"),
            )
        )
    fitting = []
    for kind in _TRIED:
        try:
            units.factor(text, KINDS[kind])
        except units.UnitError:
            continue
        fitting.append(kind)
    if not fitting:
        raise UsageError(
            Issue(
                Message(f"{text!r} 不是系列的单位", f"{text!r} are no units of a series"),
                where,
                expected=Message("单位，例如 m3/s 或 mm", "units such as m3/s or mm"),
            )
        )
    return fitting
