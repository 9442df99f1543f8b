"""T10 (准入台账): every project that was judged, test by test, and what is left to give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from waterbal.capacity.admission import ADMITTED, VERDICTS
from waterbal.capacity.admission_static import NAMES
from waterbal.capacity.admission_supply import Supply
from waterbal.errors import DataError, Issue, Message
from waterbal.model.base import Label
from waterbal.report import admission as words
from waterbal.report.admission import listed, names_of
from waterbal.report.admission_words import UNITS
from waterbal.report.admission_words import WORDS as ADMISSION
from waterbal.report.rounding import nearest
from waterbal.report.sheets.sheet import Cell, Column, Row, Sheet
from waterbal.report.sheets.words import term
from waterbal.results.terms import Term

TESTS = tuple(NAMES)
"""Tests in their order."""


def sheets(admissions: Sequence[Mapping[str, Any]]) -> list[Sheet]:
    """Make the register, and the evidence of every test.

    Parameters
    ----------
    admissions : sequence of mapping
        As ``waterbal admit -o`` writes them.

    Raises
    ------
    DataError
        If one of them was altered.
    """
    if not admissions:
        return [Sheet("T10", term("T10"), (), (), term("unit_volume_year"), (term("note_no_admissions"),))]
    try:
        return _made(admissions)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        message = Message(
            f"该准入成果无法列成登记表：{type(error).__name__} {error}",
            f"no register can be made of the admission: {type(error).__name__} {error}",
        )
        raise DataError(
            Issue(
                message,
                expected=Message("`waterbal admit -o` 写出的文件", "a file as `waterbal admit -o` writes it"),
            )
        ) from error


def _made(admissions: Sequence[Mapping[str, Any]]) -> list[Sheet]:
    columns = (
        Column("number", term("number"), "year"),
        Column("project", term("project"), "text"),
        Column("start", term("start_year"), "year"),
        Column("judged", term("judged_from"), "year"),
        Column("intake", term("intake"), decimals=2),
        Column("value", term("value_per_volume"), decimals=1),
        Column("verdict", term("verdict"), "text"),
        *(Column(f"test.{one}", _label(NAMES[one]), "text", group=term("tests")) for one in TESTS),
        Column("condition", term("condition_of"), "text", wide=True),
        Column("grade", term("grade"), "text"),
    )
    rows = [
        _row(i, verdict)
        for i, verdict in enumerate((v for one in admissions for v in one["verdicts"]), start=1)
    ]
    notes = [_left(one) for one in admissions if one.get("ledger")]
    notes += [
        term("note_admission", futures=_futures(one), count=one.get("realizations", 1)) for one in admissions
    ]
    register = Sheet("T10", term("T10"), columns, tuple(rows), term("unit_volume_year"), tuple(notes))
    return [register, _evidence(admissions)]


def _label(label: Any) -> Term:
    """Take a label that is a mapping or has both languages as attributes."""
    if isinstance(label, Mapping):
        return Term(str(label.get("zh", "")), str(label.get("en", "")))
    return Term(str(label.zh), str(label.en))


def _number(value: Any, decimals: int) -> float | None:
    return nearest(float(value), decimals) if isinstance(value, int | float) else None


def _row(number: int, verdict: Mapping[str, Any]) -> Row:
    states = {test["id"]: ADMISSION[test["status"]] for test in verdict["tests"]}
    cells: list[Cell] = [
        number,
        _label(verdict["name"]),
        int(verdict["start_year"]),
        int(verdict["judged_from"]),
        _number(verdict["intake"], 2),
        _number(verdict.get("value_per_volume"), 1),
        _label(VERDICTS[verdict["verdict"]]),
        *(states.get(one) for one in TESTS),
        _condition(verdict),
        term(f"grade_{verdict['grade']}"),
    ]
    return Row(tuple(cells))


def _condition(verdict: Mapping[str, Any]) -> Term | None:
    """Tell on what condition a project is let in, or the smallest changes with which it passes."""
    condition = verdict.get("condition")
    told = [condition] if condition else list(verdict.get("remedies", ()))
    texts = [_remedy(one) for one in told]
    if not texts:
        return (
            None if verdict["verdict"] == ADMITTED or not verdict.get("sought", True) else term("no_remedy")
        )
    return Term("；".join(text.zh for text in texts), "; ".join(text.en for text in texts))


def _remedy(remedy: Mapping[str, Any]) -> Term:
    """Tell one change in both languages."""
    word = ADMISSION[remedy["kind"]]
    amount = f"{float(remedy['amount']):,.4g}"
    size = float((remedy.get("terms") or {}).get("size", 1.0))
    gets = [Supply(**one) for one in remedy.get("gets", ())]
    zh, en = (words.gets_words(gets, language) for language in ("zh", "en"))
    return Term(
        word.zh.format(amount=amount, size=size) + (f"（{zh}）" if zh else ""),
        word.en.format(amount=amount, size=size) + (f" ({en})" if en else ""),
    )


def _left(admission: Mapping[str, Any]) -> Term:
    parts = [f"{year}: {float(volume):,.1f}" for year, volume in admission["ledger"].items()]
    return term("note_ledger", left=Term("；".join(parts), "; ".join(parts)))


def _futures(admission: Mapping[str, Any]) -> Term:
    names = _named(admission).values()
    return Term(listed(names, "zh"), listed(names, "en"))


def _named(admission: Mapping[str, Any]) -> dict[str, Label]:
    """Name the futures of an admission by their ids."""
    return names_of(
        (str(one["id"]), Label.model_validate(one["name"]), int(one["year"]))
        for one in admission.get("futures", ())
    )


EVIDENCE = (
    Column("project", term("project"), "text"),
    Column("test", term("test"), "text"),
    Column("result", term("result"), "text"),
    Column("future", term("future"), "text"),
    Column("what", term("evidence"), "text", wide=True),
    Column("value", term("value"), decimals=3),
    Column("relation", term("relation"), "text"),
    Column("limit", term("limit"), decimals=3),
    Column("unit", term("unit"), "text"),
    Column("before", term("before"), decimals=3),
    Column("met", term("met"), "text"),
    Column("grade", term("grade"), "text"),
    Column("source", term("source_of"), "text", wide=True),
)


def _evidence(admissions: Sequence[Mapping[str, Any]]) -> Sheet:
    """Make the table of every comparison of every test."""
    rows = []
    for admission in admissions:
        futures = _named(admission)
        for verdict in admission["verdicts"]:
            for test in verdict["tests"]:
                head = (_label(verdict["name"]), _label(NAMES[test["id"]]), ADMISSION[test["status"]])
                if test.get("reason"):
                    nothing = (None,) * (len(EVIDENCE) - 5)
                    rows.append(Row((*head, None, _label(test["reason"]), *nothing)))
                rows += [Row((*head, *_compared(one, futures))) for one in test["evidence"]]
    return Sheet("T10b", term("T10b"), EVIDENCE, tuple(rows), term("unit_none"), (term("note_evidence"),))


def _compared(evidence: Mapping[str, Any], futures: Mapping[str, Label]) -> tuple[Cell, ...]:
    sign = {"<=": "≤", ">=": "≥"}.get(evidence["relation"], evidence["relation"])
    unit = "" if evidence["unit"] == "-" else evidence["unit"]
    met = evidence.get("met")
    id = evidence["future"]
    future = futures.get(id, Label(zh=id, en=id)) if id else None
    return (
        None if future is None else _label(future),
        _label(evidence["what"]),
        _number(evidence["value"], 3),
        Term(sign, sign),
        _number(evidence["limit"], 3),
        Term(UNITS.get(unit, unit), unit),
        _number(evidence["before"], 3),
        None if met is None else term("yes" if met else "no"),
        term(f"grade_{evidence['grade']}") if evidence.get("grade") else None,
        Term(evidence["source"], evidence["source"]),
    )
