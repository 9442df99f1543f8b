"""What is said of an admission: verdict first, then tests with their evidence, changes, and who is affected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from waterbal.capacity.admission import ADMITTED, ON_CONDITION, REFUSED, VERDICTS, Admission, Delta, Verdict
from waterbal.capacity.admission_change import START, Remedy
from waterbal.capacity.admission_static import NAMES
from waterbal.capacity.admission_terms import CONDITIONAL, FAIL, NOT_APPLICABLE, PASS, Evidence, Test
from waterbal.model.base import Label
from waterbal.report.admission_words import UNITS, WORDS
from waterbal.report.capacity_words import CAPACITY
from waterbal.results.terms import sector

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.console import Console
    from rich.table import Table

    from waterbal.capacity.admission_supply import Supply

GRADES = {grade: CAPACITY[f"grade_{grade}"] for grade in ("found", "derived", "assumed")}
"""Grades of a number."""

LINES = 10
"""Comparisons of a test that are listed."""
SERVED = 0.9995
"""Share of its need below which it is told what a project gets [-]."""
MOST = 15
"""Groups of existing users that are listed, those whose shortage grows most."""
STYLES = {PASS: "green", CONDITIONAL: "yellow", FAIL: "red", NOT_APPLICABLE: "dim",
          ADMITTED: "bold green", ON_CONDITION: "bold yellow", REFUSED: "bold red"}  # fmt: skip


def say(key: str, language: str, **values: object) -> str:
    """Return a word or sentence in ``zh`` or ``en``."""
    return WORDS[key].said(language, **values)


def render(admission: Admission, language: str, console: Console) -> None:
    """Print an admission.

    Parameters
    ----------
    admission : Admission
    language : str
        ``zh`` or ``en``.
    console : Console
        Where to print.
    """
    from waterbal.report.balance import show

    futures = names_of(admission.futures)
    for verdict in admission.verdicts:
        _heading(verdict, language, console)
        show(tests_table(verdict, language, futures), console)
        for line in change_lines(verdict, language):
            console.print(line, highlight=False, markup=False)
        changed = [delta for delta in verdict.deltas if _changed(delta)]
        if changed:
            most = sorted(changed, key=lambda delta: delta.short_before - delta.short_after)[:MOST]
            show(delta_table([delta for delta in changed if delta in most], language, futures), console)
        rest = len(verdict.deltas) - len(changed)
        for key, count in (("less", len(changed) - MOST), ("unchanged" if changed else "none_changed", rest)):
            if count > 0:
                console.print(say(key, language, count=count), style="dim", highlight=False)
        console.print()
    if admission.reversed:
        show(order_table(admission, language), console)
    for line in note_lines(admission, language):
        console.print(line, style="dim", highlight=False, markup=False)


def _heading(verdict: Verdict, language: str, console: Console) -> None:
    from rich.text import Text

    name = _in(verdict.name, language)
    text = Text(_in(VERDICTS[verdict.verdict], language), style=STYLES[verdict.verdict])
    text.append("  " + say("title", language, name=name, id=verdict.project), style="bold")
    console.print(text)
    value = verdict.value_per_volume
    told = say("no_value", language) if value is None else say("value", language, value=value)
    line = say(
        "intake", language, intake=_number(verdict.intake), grade=_grade(verdict.grade, language), value=told
    )
    console.print(line, highlight=False, markup=False)


def names_of(futures: Iterable[tuple[str, Label, int]]) -> dict[str, Label]:
    """Name futures by their ids; the name tells the planning year."""
    named = {}
    for id, name, year in futures:
        zh = name.zh if str(year) in name.zh else f"{year}（{name.zh}）"
        en = name.en if str(year) in name.en else f"{year} ({name.en})"
        named[id] = Label(zh=zh, en=en)
    return named


def listed(names: Iterable[Label], language: str) -> str:
    """List names that have commas of their own."""
    return ("；" if language == "zh" else "; ").join(_in(name, language) for name in names)


def tests_table(verdict: Verdict, language: str, futures: Mapping[str, Label]) -> Table:
    """Make the table of the tests of one project; ``futures`` names futures by their ids."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD)
    for key in ("number", "test", "result", "evidence"):
        table.add_column(say(key, language))
    for number, test in enumerate(verdict.tests, 1):
        result = Text(say(test.status, language), style=STYLES[test.status])
        table.add_row(
            str(number), _in(NAMES[test.id], language), result,
            Text("\n".join(evidence_lines(test, language, futures))),
        )  # fmt: skip
    return table


def evidence_lines(test: Test, language: str, futures: Mapping[str, Label]) -> list[str]:
    """Tell what decided a test: all that failed; of one that passed, in each future what came closest to failing."""
    shown = [e for e in test.evidence if e.met is False]
    if not shown:
        tightest: dict[str, Evidence] = {}
        for e in test.evidence:
            if e.met and (e.future not in tightest or _room(e) < _room(tightest[e.future])):
                tightest[e.future] = e
        shown = list(tightest.values())
    lines = [evidence_line(e, language, futures) for e in shown[:LINES]]
    if len(shown) > LINES:
        lines.append(say("more", language, count=len(shown) - LINES))
    return ([_in(test.reason, language)] if test.reason is not None else []) + lines


def evidence_line(evidence: Evidence, language: str, futures: Mapping[str, Label]) -> str:
    """Tell one comparison with both of its sides."""
    unit = "" if evidence.unit == "-" else evidence.unit
    unit = UNITS.get(unit, unit) if language == "zh" else unit
    parts = [_in(evidence.what, language) + ("：" if language == "zh" else ":"), _number(evidence.value)]
    beyond = False
    if evidence.limit is not None and evidence.relation:
        sign = {"<=": "≤", ">=": "≥"}[evidence.relation]
        held = evidence.met is not False
        beyond = held and evidence.value is not None and not _within(evidence)
        parts.append(
            (sign if held and not beyond else {"≤": ">", "≥": "<"}[sign]) + " " + _number(evidence.limit)
        )
    parts.append(unit)
    if beyond:
        parts.append(say("not_raised", language))
    if evidence.before is not None:
        inner = say("before", language, value=_number(evidence.before))
        parts.append(f"（{inner}）" if language == "zh" else f"({inner})")
    if evidence.grade == "assumed" and evidence.relation:
        parts.append(say("assumed_limit", language))
    told = " ".join(part for part in parts if part)
    if not evidence.future:
        return told
    return "[" + _future(evidence.future, language, futures) + "] " + told


def _within(evidence: Evidence) -> bool:
    """Tell whether a number is on the good side of its limit, but for rounding."""
    assert evidence.value is not None and evidence.limit is not None
    over = evidence.value - evidence.limit if evidence.relation == "<=" else evidence.limit - evidence.value
    return over <= 1e-6 * max(1.0, abs(evidence.limit))


def _future(id: str, language: str, futures: Mapping[str, Label]) -> str:
    """Name a future; one that is not known by its id."""
    return _in(futures[id], language) if id in futures else id


def _room(evidence: Evidence) -> float:
    """Return how far from failing a comparison is, relative to its limit."""
    if evidence.value is None or evidence.limit is None or evidence.limit == 0.0:
        return float("inf")
    sign = 1.0 if evidence.relation == "<=" else -1.0
    return sign * (evidence.limit - evidence.value) / abs(evidence.limit)


def change_lines(verdict: Verdict, language: str) -> list[str]:
    """Tell the smallest changes, and on what condition a project is let in."""
    lines = []
    if verdict.condition is not None:
        lines.append(say("condition", language, condition=offer_words(verdict.condition, language)))
    elif verdict.verdict != REFUSED and any(one.share < SERVED for one in verdict.gets):
        lines.append(say("as_asked", language, gets=gets_words(verdict.gets, language)))
    if verdict.condition is None and verdict.verdict == ON_CONDITION:
        lines += [
            say("open", language, reason=_in(test.reason, language))
            for test in verdict.tests
            if test.status == CONDITIONAL and test.reason is not None
        ]
    if any(test.status == FAIL for test in verdict.tests):
        if verdict.remedies:
            lines.append(say("smallest", language))
            for remedy in verdict.remedies:  # of the condition, what the project gets is told above
                words = remedy_words if remedy == verdict.condition else offer_words
                lines.append(f"  - {words(remedy, language)}")
        else:
            fixed = any(t.status == FAIL for t in verdict.tests if t.id in ("industry", "norm"))
            lines.append(say("fixed" if fixed else "none" if verdict.sought else "not_sought", language))
        for least in dict.fromkeys(remedy.least for remedy in verdict.idle):
            lines.append(say("idle", language, least=least))
            lines += [f"  - {offer_words(one, language)}" for one in verdict.idle if one.least == least]
    return lines


def remedy_words(remedy: Remedy, language: str) -> str:
    """Tell one change."""
    told = say(remedy.kind, language, amount=_number(remedy.amount), size=remedy.terms.size)
    if remedy.kind == START:
        return told
    if not remedy.named:
        return told + say("unnamed", language)
    if remedy.tolerance <= 0.0:
        return told + (" " if language == "en" else "") + say("exact", language)
    within = say("within", language, tolerance=_number(remedy.tolerance))
    return told + (" " if language == "en" else "") + within


def offer_words(remedy: Remedy, language: str) -> str:
    """Tell one change, and what the project itself would get with it."""
    gets = gets_words(remedy.gets, language)
    if not gets:
        return remedy_words(remedy, language)
    return remedy_words(remedy, language) + ("：" if language == "zh" else ": ") + gets


def gets_words(gets: Sequence[Supply], language: str) -> str:
    """Tell what a project gets, in each of its planning years, alike ones once; empty where that is not known."""
    told: dict[str, list[str]] = {}
    for one in gets:
        text = say(
            "gets", language, year="", share=one.share, supplied=_number(one.supplied), need=_number(one.need),
            short=one.years_short, years=one.years, cut=one.steps_cut, steps=one.steps,
        )  # fmt: skip
        if one.part_share is not None:
            text += say(
                "part_gets", language, part=one.part_share, supplied=_number(one.part_supplied),
                need=_number(one.part_need),
            )  # fmt: skip
        told.setdefault(text, []).append(one.future if _twice(one, gets) else str(one.year))
    comma, stop = ("、", "；") if language == "zh" else (", ", "; ")
    if len(gets) == 1:
        return next(iter(told))
    return stop.join(f"{comma.join(years)} {text}" for text, years in told.items())


def _twice(one: Supply, gets: Sequence[Supply]) -> bool:
    """Tell whether another future has the same planning year."""
    return sum(other.year == one.year for other in gets) > 1


def _changed(delta: Delta) -> bool:
    return delta.before != delta.after or abs(delta.short_after - delta.short_before) >= 0.005


def delta_table(deltas: list[Delta], language: str, futures: Mapping[str, Label]) -> Table:
    """Make the table of what a project changes for existing users; ``futures`` names futures by their ids."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, title=say("deltas", language), title_justify="left")
    for key in ("future", "zone", "sector"):
        table.add_column(say(key, language))
    for key in ("target", "rate_before", "rate_after", "supplied_before", "supplied_after", "short_more"):
        table.add_column(say(key, language), justify="right")
    for delta in deltas:
        term = sector(delta.sector)
        table.add_row(
            Text(_future(delta.future, language, futures)), Text(_in(delta.zone_name, language)),
            getattr(term, language),
            _share(delta.target), _share(delta.before), _share(delta.after),
            _share(delta.supplied_before), _share(delta.supplied_after),
            f"{delta.short_after - delta.short_before:+.2f}",
        )  # fmt: skip
    return table


def order_table(admission: Admission, language: str) -> Table:
    """Make the table of verdicts in both orders."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, title=say("order", language), title_justify="left")
    for key in ("number", "project", "by_rank", "by_reverse"):
        table.add_column(say(key, language))
    other = {verdict.project: verdict for verdict in admission.reversed}
    for number, verdict in enumerate(admission.verdicts, 1):
        back = other[verdict.project]
        table.add_row(
            str(number), Text(f"{_in(verdict.name, language)} ({verdict.project})"),
            _short(verdict, language), _short(back, language),
        )  # fmt: skip
    return table


def _short(verdict: Verdict, language: str) -> str:
    told = _in(VERDICTS[verdict.verdict], language)
    if verdict.condition is not None:
        told += f": {remedy_words(verdict.condition, language)}"
    return told


def note_lines(admission: Admission, language: str) -> list[str]:
    """Tell in what it was judged, and what stands on assumptions."""
    futures = listed(names_of(admission.futures).values(), language)
    lines = [say("judged", language, futures=futures, realizations=admission.realizations)]
    lines += [
        say("gap", language, project=v.project, start=v.start_year, first=v.judged_from)
        for v in admission.verdicts
        if v.start_year < v.judged_from
    ]
    unvalued = [v.project for v in admission.verdicts if v.value_per_volume is None]
    if unvalued and len(admission.verdicts) > 1:
        lines.append(say("unvalued", language, projects=", ".join(unvalued)))
    if admission.ledger is not None:
        years = dict.fromkeys(year for _, _, year in admission.futures)
        left = ", ".join(f"{year}: {_number(admission.ledger.remaining(year))}" for year in years)
        lines.append(say("remaining", language, years=left))
    if any(verdict.remedies for verdict in (*admission.verdicts, *admission.reversed)):
        lines.append(say("tolerance", language, tolerance=admission.tolerance))
    if admission.assumed:
        lines.append(say("assumed", language, count=admission.assumed))
    return lines


def recorded_line(projects: list[str], path: object, language: str) -> str:
    """Tell which projects were written into the ledger."""
    if not projects:
        return say("nothing_recorded", language)
    return say("recorded", language, path=path, projects=", ".join(projects))


def _in(label: Label, language: str) -> str:
    return label.zh if language == "zh" else label.en


def _grade(grade: str, language: str) -> str:
    return getattr(GRADES[grade], language) if grade in GRADES else grade


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:z.1%}"


def _number(value: float | None) -> str:
    """Write a number with four figures, whole where it is large."""
    if value is None:
        return "–"
    if value == 0.0 or abs(value) >= 1000.0:
        return f"{value:z,.1f}".removesuffix(".0")
    return f"{value:.4g}"
