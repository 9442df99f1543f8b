"""The scenarios of sweeps: what each axis does, and a table of all that can be filtered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from waterbal.report import charts
from waterbal.report.labels import word
from waterbal.report.page.blocks import Block, Folded, Grid, Heading, Section, Text
from waterbal.report.page.figures import pictures
from waterbal.report.page.subject import Subject, baseline
from waterbal.report.scenarios import LISTED, PROBABILITY, Line, rate, supplied, unit
from waterbal.report.sensitivity import chance
from waterbal.results.terms import TYPICAL_YEARS, sector

if TYPE_CHECKING:
    import xarray as xr


def section(subject: Subject) -> Section | None:
    """Make the section."""
    blocks: list[Block] = []
    for number, told in enumerate(subject.sweeps):
        blocks += _sweep(subject, number, subject.material.sweeps[number], told)
    return Section("scenarios", subject.say("scenarios"), blocks) if blocks else None


def sweep_lines(subject: Subject, sweep: xr.Dataset, told: Line) -> list[str]:
    """Tell a sweep in a few sentences, for the verdict."""
    lang = subject.language
    lines = told["scenarios"]
    sizes = {name: f"{sweep.sizes[name[:-1]]:,}" for name in ("scenarios", "realizations")}
    said = [subject.say("sweep_line", name=subject.title_of(sweep), **sizes)]
    id = str(sweep["scenario_id"].values[baseline(sweep)])
    base = next((line for line in lines if line["id"] == id and line["short"] is not None), None)
    if base is not None:
        said.append(subject.say("baseline_line", scenario=base[lang], share=_percent(base["short"])))
    known = sorted((line for line in lines if line["short"] is not None), key=lambda line: line["short"])
    if len(known) > 1:
        best, worst = known[0], known[-1]
        said.append(
            subject.say("range_line", best=best[lang], low=_percent(best["short"]), worst=worst[lang],
                        high=_percent(worst["short"]))
        )  # fmt: skip
    return ["".join(said) if lang == "zh" else " ".join(said)]


def _sweep(subject: Subject, number: int, sweep: xr.Dataset, told: Line) -> list[Block]:
    lang = subject.language
    sectors = told["sectors"]
    count = sweep.sizes["scenario"]
    lead = [
        subject.say("scenarios_of", name=subject.title_of(sweep), count=f"{count:,}"),
        unit(sweep, told, lang),
    ]
    if told["failed"]:
        lead.append(word("failed_members", lang, count=told["failed"]))
    blocks: list[Block] = [Text(lead)]
    effects = [
        [axis[lang], value[lang], *_numbers(value, sectors, lang)]
        for axis in told["axes"]
        for value in axis["values"]
    ]
    if effects:
        notes = [word("matched", lang)] if any(axis["left_out"] for axis in told["axes"]) else []
        notes += [word("not_matched", lang, axis=axis[lang]) for axis in told["axes"] if not axis["matched"]]
        heads = [Heading(word("axis", lang)), Heading(word("axis_value", lang)), *_heads(sectors, lang)]
        blocks.append(Grid(word("title_axes", lang), heads, effects, notes=notes))
    if told["factors"]:
        blocks.append(_factors(subject, sweep, told))
    if count <= LISTED:
        blocks += pictures(charts.scenarios, number, sweep, lang, subject.say("caption_scenarios"))
    rows = [[line[lang], *_numbers(line, sectors, lang)] for line in told["scenarios"]]
    heads = [Heading(word("scenario", lang)), *_heads(sectors, lang)]
    notes = [getattr(note, lang) for note in TYPICAL_YEARS] if PROBABILITY in sweep.coords else []
    all_of_them = Grid(word("title_scenarios", lang), heads, rows, notes=notes, searched=True)
    return [*blocks, Folded(f"{all_of_them.title} ({len(rows):,})", [all_of_them])]


def _factors(subject: Subject, sweep: xr.Dataset, told: dict[str, Any]) -> Grid:
    """Tell what sampled numbers do."""
    lang, sectors = subject.language, told["sectors"]
    rows = [
        [line[lang], _signed(line["short"]), *(_signed(line["sectors"][kind]) for kind in sectors)]
        for line in told["factors"]
    ]
    heads = [Heading(word("factor", lang)), Heading(word("shortage_share", lang), True)]
    heads += [Heading(getattr(sector(kind), lang), True) for kind in sectors]
    note = word("by_chance", lang, size=f"{chance(sweep):.2f}")
    return Grid(word("title_factors", lang), heads, rows, notes=[note])


def _heads(sectors: Sequence[str], language: str) -> list[Heading]:
    names = [word(key, language) for key in ("need", "supply", "shortage_share")]
    names += [getattr(sector(kind), language) for kind in sectors]
    return [Heading(name, True) for name in names]


def _numbers(line: Line, sectors: Sequence[str], language: str) -> list[str]:
    told = [_volume(line["need"]), _volume(supplied(line)), _percent(line["short"])]
    return told + [rate(line["sectors"][kind], language) for kind in sectors]


def _volume(value: float | None) -> str:
    return "–" if value is None else f"{value:z,.0f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:z.1%}"


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.2f}"
