"""What changed from one result to another: inputs first, then results, and nothing of what is equal."""

from __future__ import annotations

import contextlib
import math
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal import outputs
from waterbal.errors import DataError, Issue, Message, UsageError
from waterbal.report import compare_essence, compare_inputs
from waterbal.report.compare_pairs import Pairs, pair
from waterbal.report.compare_results import Key, Reader, Value, common_basis, users
from waterbal.report.compare_words import (
    GROUPS,
    KINDS,
    WORDS,
    in_both,
)
from waterbal.report.material import kind
from waterbal.results.netcdf import open_result
from waterbal.results.terms import Term

if TYPE_CHECKING:
    import xarray as xr

TIMES = ("date_created", "history")
"""Attributes that differ between equal runs."""
SCENARIO = "scenario "
"""What stands before scenarios among the names of what one result alone has."""


@dataclass(frozen=True)
class Comparison:
    """Two results side by side."""

    kind: str
    identical: bool
    """Whether every number and every input is the same to the last bit; the time of writing does not count."""
    above: float
    """Smallest change that is told, as share of the larger of the two values."""
    inputs: tuple[dict[str, Any], ...]
    """``path``, ``first``, ``second``; ``scenarios`` where only some scenarios change it, or all by themselves."""
    results: tuple[dict[str, Any], ...]
    """``scenario`` and its names, ``group``, ``id``, names, ``measure``, ``first``, ``second``, ``change``, and
    ``repeats``, which names the line that says the same; most important first."""
    only_first: tuple[str, ...]
    """Scenarios and elements that only the first has."""
    only_second: tuple[str, ...]
    names: dict[str, Term]
    """What scenarios and elements are called that only one has."""
    scenarios: dict[str, Term]
    """What scenarios are called, by id."""
    notes: tuple[str, ...] = ()
    """What other programs took away from the files."""
    unlike: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    """Ids of the scenarios of each, where no scenario is in both."""
    not_compared: tuple[str, str] | None = None
    """Ids of the scenarios whose configurations the files hold, where these are no pair and so were not compared."""

    @property
    def telling(self) -> list[dict[str, Any]]:
        """Results that say something of their own."""
        return [line for line in self.results if line["repeats"] is None]

    def as_dict(self) -> dict[str, Any]:
        """Give everything as plain data."""
        plain = {
            name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()
        }
        for each in ("names", "scenarios"):
            plain[each] = {id: {"zh": name.zh, "en": name.en} for id, name in getattr(self, each).items()}
        return plain


def compare(one: xr.Dataset, other: xr.Dataset, above: float = 0.0) -> Comparison:
    """Compare two results of the same kind.

    Parameters
    ----------
    one, other : Dataset
        Opened results.
    above : float
        Share of the larger of two values that a change must exceed to be told.

    Raises
    ------
    DataError
        If they are of different kinds.
    """
    kinds = kind(one), kind(other)
    if kinds[0] != kinds[1]:
        (one_zh, a), (other_zh, b) = (KINDS[name] for name in kinds)
        raise DataError(
            Issue(
                Message(
                    f"不同类的成果不能对比（{one_zh}与{other_zh}）", f"a {a} cannot be compared with a {b}"
                ),
                expected=Message("两个同类成果", "two results of the same kind"),
            )
        )
    basis = common_basis(one, other)
    pairs = pair(one, other)
    called = pairs.called
    first, second = (
        Reader(results, names, basis).values(kinds[0])
        for results, names in zip((one, other), pairs.names, strict=True)
    )
    lines = [_line(key, called[key.scenario], first[key], second[key]) for key in first if key in second]
    only = _only(first, second, called), _only(second, first, called)
    told = [line for line in lines if line is not None and _exceeds(line, above)]
    told.sort(key=lambda line: -line["importance"])
    compare_essence.mark(told, users(one) | users(other))
    return Comparison(
        kinds[0],
        identical(one, other),
        above,
        tuple(compare_inputs.differences(one, other, pairs.same)),
        tuple(told),
        tuple(only[0]),
        tuple(only[1]),
        only[0] | only[1],
        pairs.scenarios,
        **_unpaired(one, other, pairs),
    )


def _unpaired(one: xr.Dataset, other: xr.Dataset, pairs: Pairs) -> dict[str, Any]:
    """Tell what cannot be compared as its scenarios are no pair."""
    if not pairs.same and all(pairs.ids):
        return {"unlike": pairs.ids}
    of = compare_inputs.configured(one, other)
    return {} if of is None or of in pairs.same else {"not_compared": of}


def files(first: Path, second: Path, above: float = 0.0) -> Comparison:
    """Compare two files; what other programs took away from them is no difference in the rest.

    Raises
    ------
    DataError
        With every file that is no sound result, or if they are of different kinds.
    """
    with contextlib.ExitStack() as opened, warnings.catch_warnings(record=True) as taken:
        warnings.simplefilter("always", UserWarning)
        results: list[xr.Dataset] = []
        problems: list[Issue] = []
        for path in (first, second):
            try:
                results.append(opened.enter_context(open_result(path, partial=True)))
            except DataError as error:
                problems += error.issues
        if problems:
            raise DataError(problems)
        found = compare(results[0], results[1], above)
    return replace(found, notes=tuple(str(one.message) for one in taken if one.category is UserWarning))


def share(text: str) -> float:
    """Read a share, such as ``0.1%`` or ``0.001``.

    Raises
    ------
    UsageError
        If it is none.
    """
    try:
        value = float(text.strip().removesuffix("%")) / (100.0 if text.strip().endswith("%") else 1.0)
    except ValueError:
        value = math.nan
    if not 0.0 <= value < math.inf:
        raise UsageError(
            Issue(
                Message(f"{text!r} 不是比例", f"{text!r} is no share"),
                "--above",
                expected=Message("形如 0.1% 或 0.001 的比例", "a share like 0.1% or 0.001"),
            )
        )
    return value


def identical(one: xr.Dataset, other: xr.Dataset) -> bool:
    """Tell whether two results are the same to the last bit, but for the time of writing."""
    if set(one.variables) != set(other.variables):
        return False
    mine = {name: str(value) for name, value in one.attrs.items() if name not in TIMES}
    theirs = {name: str(value) for name, value in other.attrs.items() if name not in TIMES}
    return mine == theirs and all(_same(one.variables[name], other.variables[name]) for name in one.variables)


def _same(one: Any, other: Any) -> bool:
    if one.dims != other.dims or one.shape != other.shape or one.dtype.kind != other.dtype.kind:
        return False
    first, second = one.values, other.values
    if first.dtype.kind == "f":
        return first.dtype == second.dtype and first.tobytes() == second.tobytes()
    return bool(np.array_equal(first, second))


def _line(key: Key, scenario: Term, first: Value, second: Value) -> dict[str, Any] | None:
    """Describe a value that differs; None where it does not."""
    if first.value == second.value or (_unknown(first.value) and _unknown(second.value)):
        return None
    told: dict[str, Any] = {
        "scenario": key.scenario, "scenario_zh": scenario.zh, "scenario_en": scenario.en, "group": key.group,
        "id": key.id, "name_zh": second.name.zh, "name_en": second.name.en,
        "measure": key.measure, "first": _finite(first.value), "second": _finite(second.value),
    }  # fmt: skip
    for which, value in (("first", first), ("second", second)):
        if value.said is not None:
            told |= {f"{which}_zh": value.said.zh, f"{which}_en": value.said.en}
    if isinstance(first.value, str) or isinstance(second.value, str):
        return told | {"change": None, "importance": first.weight}
    change = second.value - first.value
    known = math.isfinite(change)
    importance = abs(change) * max(first.weight, second.weight) if known else 1.0
    return told | {"change": change if known else None, "importance": importance}


def _unknown(value: float | str) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _finite(value: float | str) -> float | str | None:
    """Give a value as JSON has it."""
    return (
        value if isinstance(value, str) or math.isfinite(value) else None if math.isnan(value) else str(value)
    )


def _exceeds(line: dict[str, Any], above: float) -> bool:
    if line["change"] is None:
        return True
    larger = max(abs(line["first"]), abs(line["second"]))
    return bool(abs(line["change"]) > above * larger)


def _only(mine: dict[Key, Value], theirs: dict[Key, Value], called: dict[str, Term]) -> dict[str, Term]:
    """Name the scenarios, and the elements of common scenarios, that the other does not have."""
    scenarios = {key.scenario for key in theirs}
    elements = {(key.group, key.id) for key in theirs}
    found = {}
    for scenario in dict.fromkeys(key.scenario for key in mine if key.scenario not in scenarios):
        found[f"{SCENARIO}{scenario}"] = in_both(WORDS["only_scenario"], name=called[scenario])
    for key, value in mine.items():
        own = f"{key.group} {key.id}"
        if key.id and (key.group, key.id) not in elements and own not in found:
            found[own] = in_both(WORDS["only_element"], group=GROUPS[key.group], name=value.name)
    return found


def write_workbook(found: Comparison, files: tuple[str, str], path: Path, language: str) -> None:
    """Write what changed as a workbook, inputs and results on sheets of their own.

    Parameters
    ----------
    found : Comparison
        What differs.
    files : tuple of str
        Names of the two files.
    path : Path
        File to write.
    language : str
        ``zh`` or ``en``.

    Raises
    ------
    DataError
        If the file cannot be written.
    """
    from waterbal.report import workbook
    from waterbal.report.compare_sheets import sheets

    path.parent.mkdir(parents=True, exist_ok=True)
    workbook.write(sheets(found, files), path, language, WORDS["workbook"])


def check_workbook(path: Path) -> None:
    """Make sure that a workbook can be written before the work for it begins.

    Raises
    ------
    UsageError
        If its name has another ending, or it is a file of another kind.
    """
    if path.suffix.lower() != ".xlsx":
        raise UsageError(
            Issue(Message(f"{path} 的扩展名不对", f"{path} has another ending"), "--xlsx", expected=".xlsx")
        )
    outputs.check(path, outputs.WORKBOOK)
