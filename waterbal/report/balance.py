"""Readable tables of a balance, in Chinese or English."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from waterbal.report.labels import BINDING_KEYS, word
from waterbal.report.rounding import volumes
from waterbal.report.summary import Line, summarise
from waterbal.report.titled import print_titled

if TYPE_CHECKING:
    import xarray as xr
    from rich.console import Console
    from rich.table import Table

Cell = Callable[[Line, str], str]
Column = tuple[str, Cell]


def as_dict(results: xr.Dataset, scenario: int = 0, realization: int = 0) -> dict[str, Any]:
    """Return the content of all tables as plain, JSON-able data.

    Parameters
    ----------
    results : Dataset
        As ``dataset.build`` gives it, or read from a file.
    scenario, realization : int
        Position of the member told.
    """
    return summarise(results, scenario, realization)


def render(
    results: xr.Dataset, language: str, console: Console, scenario: int = 0, realization: int = 0
) -> None:
    """Print all tables.

    Parameters
    ----------
    results : Dataset
        As ``dataset.build`` gives it, or read from a file.
    language : str
        ``zh`` or ``en``.
    console : Console
        Where to print.
    scenario, realization : int
        Position of the member told.
    """
    told = summarise(results, scenario, realization)
    record = told["record"]
    console.print(record["title"][language], style="bold", highlight=False)
    period = word(
        "period", language, first=record["first"], last=record["last"], years=record["complete_years"]
    )
    stop = "；" if language == "zh" else ". "
    console.print(f"{period}{stop}{word('unit', language)}", highlight=False)
    for table in tables(told, language):
        console.print()
        show(table, console)
    for note in notes(told, language):
        console.print(note, style="dim", highlight=False)


def show(table: Table, console: Console) -> None:
    """Print a table whole, also where the console is narrower: a number that is cut is a wrong number."""
    print_titled(table, console, whole=True)


def tables(told: dict[str, Any], language: str) -> list[Table]:
    """Make every table that has something to tell."""
    typical = bool(told["record"]["typical_year"])
    made = [
        make("title_needs", NEEDS_OF_YEAR if typical else NEEDS, told["needs"], language, total=True),
        make(
            "title_users",
            USERS_OF_YEAR if typical else USERS,
            [user for line in told["needs"] for user in line.get("demands", ())],
            language,
        ),
        make("title_sources", SOURCES, told["sources"], language),
        make("title_budget", BUDGET, _budget_lines(told["budget"], language), language),
        make("title_stores", STORES, told["stores"], language),
        make("title_aquifers", AQUIFERS, told["aquifers"], language),
        make("title_quotas", QUOTAS, told["quotas"], language),
        make("title_years", YEARS, told["years"], language),
    ]
    return [table for table in made if table is not None]


def notes(told: dict[str, Any], language: str) -> list[str]:
    """Return the remarks below the tables."""
    record = told["record"]
    found = []
    if record["typical_year"]:
        found.append(word("note_uncounted", language))
    else:
        best = share({"best": record["largest_guarantee"]}, "best")
        found.append(word("reliability_note", language, best=best))
    found.append(word("closure", language, value=f"{record['largest_residual']:.1e}"))
    if any(line["kind"] == "reclaimed" and line["cost"] for line in told["sources"]):
        found.append(word("note_reclaimed_cost", language))
    if any(line["cap"] is not None and line["maximum"] > line["cap"] for line in told["sources"]):
        found.append(word("note_other_year", language))
    if record["assumed_inputs"]:
        found.append(word("assumed", language, count=record["assumed_inputs"]))
    for store in record["unsettled"]:
        numbers = {"steps": f"{store['steps']:,}", "largest": f"{store['largest']:.3g}"}
        found.append(
            word("note_unsettled", language, store=store["store"], passes=store["passes"], **numbers)
        )
    for outage in record["outages"]:
        found.append(_outage(outage, language))
    typical = record["typical_year"]
    if typical:
        probability = share(typical, "probability")
        found.append(word("note_typical", language, index=typical["index"], probability=probability))
        found += [word("note_sum", language), word("note_storage", language)]
    return found


def _outage(outage: Line, language: str) -> str:
    """Say what was lost and when."""
    key = "note_outage_again" if outage["every"] else "note_outage"
    named = {name: outage[name] for name in ("first", "last", "every")}
    return word(key, language, of=", ".join(outage["of"]), left=share(outage, "left"), **named)


# ---- cells


def volume(line: Line, key: str) -> str:
    """Format a volume [1e4 m3] or a cost: thousands apart, decimals where they matter.

    What is supplied of a need is printed as the tables that are filed have it, so that the gap is the difference.
    """
    value = line[key]
    if value is None:
        return "–"
    if key == "supply" and line.get("need") is not None and abs(value) >= 1000.0:
        value = volumes(line["need"], value)[1]
    return f"{value:z,.0f}" if abs(value) >= 1000.0 else f"{value:z,.1f}"


def share(line: Line, key: str) -> str:
    """Format a share as per cent."""
    return "–" if line[key] is None else f"{100.0 * line[key]:z.1f}%"


def metres(line: Line, key: str) -> str:
    """Format a depth [m]."""
    return "–" if line[key] is None else f"{line[key]:z.2f}"


def count(line: Line, key: str) -> str:
    """Format a number of things."""
    return "–" if line[key] is None else f"{line[key]:z.0f}"


def small(line: Line, key: str) -> str:
    """Format a residual."""
    return f"{line[key]:.1e}"


def _plain(key: str, format: Callable[[Line, str], str] = volume, heading: str = "") -> Column:
    return heading or key, lambda line, _: format(line, key)


def _label(heading: str, key: str = "") -> Column:
    """Make a column of names: of the line itself, or of what a key holds."""

    def cell(line: Line, language: str) -> str:
        named = line[key] if key else line
        return str(named[language]) if named else ""

    return heading, cell


def _verdict(line: Line, language: str) -> str:
    return word(line["guarantee"], language) if line.get("guarantee") else ""


def _required(line: Line, language: str) -> str:
    return share(line, "reliability_required") if "reliability_required" in line else ""


def _reliability(line: Line, language: str) -> str:
    return share(line, "reliability_annual") if "reliability_annual" in line else ""


def _supplied(line: Line, _: str) -> str:
    """Give the share of the need that is supplied, as far from all as the share that is short tells."""
    short = line["shortage_share"]
    return "–" if short is None else f"{100.0 - 100.0 * short:z.1f}%"


def _met(line: Line, language: str) -> str:
    """Say whether the need is met in a typical year."""
    if line.get("met_in_year") is None:
        return "–" if "met_in_year" in line else ""
    return word("met" if line["met_in_year"] else "not_met", language)


def _source(line: Line, language: str) -> str:
    name = str(line[language])
    if line["kind"] != "reclaimed":
        return name
    kind = word("reclaimed", language)
    return f"{name}（{kind}）" if language == "zh" else f"{name} ({kind})"


def _binding(line: Line, language: str) -> str:
    if line["binding"] is None:
        return "–"
    name = word(BINDING_KEYS[line["binding"]["limit"]], language)
    return name if line["binding"]["limit"] == "none" else f"{name} {share(line['binding'], 'share')}"


NEEDS: Sequence[Column] = (
    ("zone", lambda line, language: line["zone"][language] if line["zone"] else word("total", language)),
    _label("sector", "sector"),
    _plain("need"),
    _plain("supply"),
    _plain("shortage"),
    _plain("shortage_share", share),
    ("reliability", _reliability),
    ("required", _required),
    ("verdict", _verdict),
)
NEEDS_OF_YEAR: Sequence[Column] = (
    *NEEDS[:-3],
    ("supplied_share", _supplied),
    ("met_in_year", _met),
)
"""Columns of a typical year, which has no guarantee rate."""
USERS: Sequence[Column] = (
    _label("demand"),
    _plain("need"),
    _plain("supply"),
    _plain("reliability_step", share, "by_step"),
    _plain("reliability_annual", share, "by_year"),
    _plain("reliability_volumetric", share, "by_volume"),
    _plain("failure_depth", share, "depth"),
    _plain("event_count", count, "events"),
    _plain("event_longest", count, "longest"),
    _plain("vulnerability_maximum", heading="largest_deficit"),
)
USERS_OF_YEAR: Sequence[Column] = tuple(column for column in USERS if column[0] != "by_year")
SOURCES: Sequence[Column] = (
    ("source", _source),
    _plain("mean"),
    _plain("minimum"),
    _plain("maximum"),
    _plain("cap"),
    _plain("share", share),
    _plain("cost"),
    ("binding", _binding),
)
BUDGET: Sequence[Column] = (
    ("term", lambda line, language: str(line[language])),
    ("volume", lambda line, _: small(line, "volume") if line.get("residual") else volume(line, "volume")),
)
STORES: Sequence[Column] = (
    _label("store"),
    _plain("capacity"),
    _plain("mean", heading="mean_storage"),
    _plain("minimum", heading="lowest"),
    _plain("evaporation"),
    _plain("seepage"),
    _plain("spill"),
)
AQUIFERS: Sequence[Column] = (
    _label("aquifer"),
    _plain("pumping"),
    _plain("recharge"),
    _plain("depth_mean", metres),
    _plain("depth_max", metres),
)
QUOTAS: Sequence[Column] = (
    _label("quota"),
    _plain("largest_use"),
    ("year", lambda line, _: str(line["year"])),
    _plain("cap", heading="entitlement"),
    _plain("used_share", share),
    ("used_up", lambda line, _: f"{line['years_used_up']}/{line['years']}"),
)
YEARS: Sequence[Column] = (
    ("kind", lambda line, language: word(line["kind"], language)),
    ("year", lambda line, _: str(line["year"])),
    _plain("offered", heading="inflow"),
    _plain("need"),
    _plain("supply"),
    _plain("shortage_share", share),
)

TEXT_COLUMNS = (
    "scenario",
    "axis",
    "factor",
    "axis_value",
    "zone",
    "sector",
    "source",
    "binding",
    "term",
    "store",
    "aquifer",
    "quota",
    "kind",
    "demand",
    "verdict",
    "met_in_year",
    "statistic",
    "method",
    "position_name",
    "month",
)


def _budget_lines(budget: Line, language: str) -> list[Line]:
    """Put the terms, their sums and the residual one below the other; terms that are nothing are left out."""
    lines: list[Line] = []
    sums = {"in": "inputs", "out": "fates", "storage": "storage_change"}
    for side, key in sums.items():
        least = 1e-9 * abs(budget["inputs"])
        lines += [t for t in budget["terms"] if t["side"] == side and abs(t["volume"]) > least]
        lines.append({"zh": word(key, "zh"), "en": word(key, "en"), "volume": budget[key], "strong": True})
    residual = {"zh": word("residual", "zh"), "en": word("residual", "en"), "volume": budget["residual"]}
    return [*lines, {**residual, "residual": True, "strong": True}]


def make(
    title: str, columns: Sequence[Column], lines: Sequence[Line], language: str, *, total: bool = False
) -> Table | None:
    """Make a table; None if there is nothing in it."""
    from rich import box
    from rich.table import Table

    if not lines:
        return None
    table = Table(
        title=word(title, language),
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    for heading, _ in columns:
        text = heading in TEXT_COLUMNS
        table.add_column(word(heading, language), justify="left" if text else "right", no_wrap=True)
    for i, line in enumerate(lines):
        last = total and i == len(lines) - 1
        style = "bold" if last or line.get("strong") else ""
        table.add_row(*(cell(line, language) for _, cell in columns), style=style)
    return table
