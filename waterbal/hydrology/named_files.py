"""Series named on the command line: ``FILE:COLUMN:UNITS``, and ``NAME=`` before it where it stands for a site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from waterbal import units
from waterbal.errors import Issue, UsageError, nearest, one_of
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
        message = f"{text!r} names no file that is there"
        raise UsageError(
            Issue(message, where, expected="FILE:COLUMN:UNITS", nearest=nearest(path.name, beside))
        )
    path, rest = Path(":".join(parts[: ends[0]])), parts[ends[0] :]
    if not rest or len(rest) > 2:
        columns = ", ".join(read_table(path).columns)
        expected = f"FILE:COLUMN:UNITS; columns are {columns}"
        raise UsageError(Issue(f"{text!r} does not name one column", where, expected=expected))
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
                Issue("a model has many series", "--site", expected="--site NAME of one of them")
            )
        series = named_series(source, fill=fill, where="FILE:COLUMN:UNITS")
        return series.column, series, Path(), None
    from waterbal.model.load import load_model

    loaded = load_model(source)
    known = {name: one for name, one in loaded.model.series.items() if isinstance(one, FileSeries)}
    if site not in known:
        drawn = site in loaded.model.series
        message = f"{site!r} is drawn, it has no record" if drawn else f"the model has no series {site!r}"
        expected = one_of(known) if known else "a model with series from files"
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
            message = f"{name!r} is no site" if equals else f"{text!r} does not say which site it is"
            expected = "SITE=FILE:COLUMN:UNITS" + (f" with one of {', '.join(kinds)}" if kinds else "")
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
    expected = "METHOD:LONGEST or METHOD:LONGEST:ENDS (up to 15) such as interpolate:3, with one of "
    near = nearest(method, FILLS)
    raise UsageError(
        Issue(f"{text!r} fills no gap", "--fill", expected=expected + ", ".join(FILLS), nearest=near)
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
            issues.append(Issue(f"{text!r} is no exceedance", "--probability", expected="per cent, e.g. 95"))
            continue
        if 0.0 < value < 1.0 and number == plain:
            expected = f"per cent, e.g. {100 * value:g} (or {number}%)"
            issues.append(Issue(f"{text} may be a share", "--probability", expected=expected))
        found.append(value / 100.0)
    if issues:
        raise UsageError(issues)
    return found


def _kinds(path: Path, column: str, unit: str | None, where: str) -> list[str]:
    """Tell what a column holds by its units."""
    text = unit if unit is not None else read_table(path, "", column).units.get(column)
    if text is None:
        raise UsageError(
            Issue(f"{path.name}:{column} has no units", where, expected="FILE:COLUMN:UNITS, e.g. m3/s or mm")
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
            Issue(f"{text!r} are no units of a series", where, expected="units such as m3/s or mm")
        )
    return fitting
