"""What the water carries: capacities, frontier, what binds and relieves, how likely the plan is too large, balances."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from waterbal.report import capacity as told
from waterbal.report import capacity_extras as extras
from waterbal.report import capacity_frontier, charts
from waterbal.report import capacity_tornado as tornado
from waterbal.report.capacity_words import say as say_capacity
from waterbal.report.page.blocks import Block, Grid, Picture, Section, Text
from waterbal.report.page.figures import Draw, pictures
from waterbal.report.page.subject import Subject
from waterbal.report.page.tables import grid
from waterbal.report.sheets.three_balances import order_note
from waterbal.report.sheets.words import term

if TYPE_CHECKING:
    from rich.table import Table


def carrying(subject: Subject) -> Section | None:
    """Make the section of capacities and of what is carried together."""
    blocks: list[Block] = []
    for number, verdict in enumerate(subject.verdicts):
        study = _Study(subject, number)
        blocks += study.drawn(charts.capacity, "caption_capacity")
        blocks += [study.told(told.horizons_table(verdict)), study.told(told.directions_table(verdict))]
        if told.star(verdict):
            blocks.append(Text([*study.name, *told.star(verdict)], "note"))
        blocks += study.drawn(charts.frontier, "caption_frontier")
        blocks += [study.told(each) for each in capacity_frontier.tables(study.found, subject.language)]
        if len(verdict.ids) > 1:
            blocks.append(study.told(told.scenarios_table(verdict), searched=True))
    return Section("carrying", subject.say("carrying"), blocks) if blocks else None


def limits(subject: Subject) -> Section | None:
    """Make the section of what binds and what relieves."""
    blocks: list[Block] = []
    for number, verdict in enumerate(subject.verdicts):
        study = _Study(subject, number)
        found = study.found
        blocks += study.drawn(charts.limits, "caption_limits")
        if "limit_worth" in found:
            blocks.append(study.told(told.limits_table(verdict)))
        blocks += study.drawn(charts.relief, "caption_relief")
        if "relief_change" in found:
            blocks.append(study.told(told.reliefs_table(verdict)))
        more = [
            *told.not_water(verdict),
            *told.portfolio(verdict),
            *extras.bound_lines(found, subject.language),
        ]
        if more:
            blocks.append(Text([*study.name, *more]))
    return Section("limits", subject.say("limits"), blocks) if blocks else None


def risk(subject: Subject) -> Section | None:
    """Make the section of probabilities and of uncertain inputs."""
    blocks: list[Block] = []
    for number, verdict in enumerate(subject.verdicts):
        study, lang = _Study(subject, number), subject.language
        found = study.found
        drawn = study.drawn(charts.exceedance, "caption_exceedance")
        moved = tornado.along(found)
        for swings in moved:
            direction = tornado.direction_name(found, swings.direction, lang) if len(moved) > 1 else ""
            which = {} if swings.first else {"direction": swings.direction}
            drawn += study.drawn(charts.tornado, "caption_tornado", direction, **which)
        blocks += drawn
        blocks += [study.told(table) for table in tornado.tables(found, lang)]
        if tornado.asked(found):
            blocks.append(Text(tornado.notes(found, lang), "note"))
        leading = str(found.attrs.get(f"sensitivity_leading_{lang}", ""))
        if leading:
            blocks.append(Text([*study.name, say_capacity("leading", lang), *leading.splitlines()]))
        sure = extras.risk_lines(found, lang)
        if sure:
            blocks.append(Text([*study.name, *sure]))
        if drawn:
            apart = getattr(term("note_judged_apart"), lang)
            blocks.append(
                Text(
                    [*study.name, told.probability_note(verdict), *told.overshoot_notes(verdict), apart],
                    "note",
                )
            )
    return Section("risk", subject.say("risk"), blocks) if blocks else None


def balances(subject: Subject) -> Section | None:
    """Make the section of the three balances."""
    blocks: list[Block] = []
    for number in range(len(subject.verdicts)):
        study, lang = _Study(subject, number), subject.language
        found = study.found
        if "balances_gap_share" not in found:
            continue
        blocks += study.drawn(charts.balances, "caption_balances")
        blocks.append(study.told(extras.balances_table(found, lang)))
        if "balances_gap_closed" in found:
            blocks.append(study.told(extras.closed_table(found, lang)))
        more = str(found.attrs.get("balances_notes_zh" if lang == "zh" else "balances_notes", ""))
        notes = [getattr(order_note(found), lang), more]
        if any(notes):
            blocks.append(Text([*study.name, *(note for note in notes if note)], "note"))
    return Section("balances", subject.say("balances"), blocks) if blocks else None


class _Study:
    """Figures and tables of one of the capacities, with the name of its study where the page tells of several."""

    def __init__(self, subject: Subject, number: int) -> None:
        self._subject, self._number = subject, number
        self.found = subject.verdicts[number].found
        name = subject.study(number)
        self.name = [name] if name else []
        """What texts begin with."""

    def drawn(self, draw: Draw, caption: str, of: str = "", **options: str) -> list[Picture | Text]:
        """Make a figure, with what it is of where there are several of the kind."""
        subject = self._subject
        text = subject.say(caption)
        if of:
            text = subject.say("of_run", caption=text, name=of)
        text = subject.of_study(self._number, text)
        return pictures(draw, self._number, self.found, subject.language, text, **options)

    def told(self, table: Table, *, searched: bool = False) -> Grid:
        """Make a table."""
        made = grid(table, searched=searched)
        return replace(made, title=self._subject.of_study(self._number, made.title))
