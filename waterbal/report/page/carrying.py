"""What the water carries: capacities, frontier, what binds and relieves, how likely the plan is too large, balances."""

from __future__ import annotations

from dataclasses import replace

from waterbal.report import capacity as told
from waterbal.report import capacity_extras as extras
from waterbal.report import capacity_tornado as tornado
from waterbal.report import charts
from waterbal.report.capacity_words import say as say_capacity
from waterbal.report.page.blocks import Block, Section, Text
from waterbal.report.page.figures import pictures
from waterbal.report.page.subject import Subject
from waterbal.report.page.tables import grid
from waterbal.report.sheets.three_balances import order_note
from waterbal.report.sheets.words import term


def carrying(subject: Subject) -> Section | None:
    """Make the section of capacities and of what is carried together."""
    blocks: list[Block] = []
    for number, verdict in enumerate(subject.verdicts):
        found, lang = verdict.found, subject.language
        blocks += pictures(charts.capacity, number, found, lang, subject.say("caption_capacity"))
        made = [grid(told.horizons_table(verdict)), grid(told.directions_table(verdict))]
        blocks += [replace(one, title=subject.of_study(number, one.title)) for one in made]
        blocks += pictures(charts.frontier, number, found, lang, subject.say("caption_frontier"))
        if "frontier_point_carried" in found:
            blocks.append(grid(extras.frontier_table(found, lang)))
        if len(verdict.ids) > 1:
            blocks.append(grid(told.scenarios_table(verdict), searched=True))
    return Section("carrying", subject.say("carrying"), blocks) if blocks else None


def limits(subject: Subject) -> Section | None:
    """Make the section of what binds and what relieves."""
    blocks: list[Block] = []
    for number, verdict in enumerate(subject.verdicts):
        found, lang = verdict.found, subject.language
        blocks += pictures(charts.limits, number, found, lang, subject.say("caption_limits"))
        if "limit_worth" in found:
            blocks.append(grid(told.limits_table(verdict)))
        blocks += pictures(charts.relief, number, found, lang, subject.say("caption_relief"))
        if "relief_change" in found:
            blocks.append(grid(told.reliefs_table(verdict)))
        more = [*told.not_water(verdict), *told.portfolio(verdict), *extras.bound_lines(found, lang)]
        if more:
            blocks.append(Text(more))
    return Section("limits", subject.say("limits"), blocks) if blocks else None


def risk(subject: Subject) -> Section | None:
    """Make the section of probabilities and of uncertain inputs."""
    blocks: list[Block] = []
    for number, verdict in enumerate(subject.verdicts):
        found, lang = verdict.found, subject.language
        drawn = pictures(charts.exceedance, number, found, lang, subject.say("caption_exceedance"))
        moved = tornado.along(found)
        for swings in moved:
            caption = subject.say("caption_tornado")
            if len(moved) > 1:
                name = tornado.direction_name(found, swings.direction, lang)
                caption = subject.say("of_run", caption=caption, name=name)
            which = {} if swings.first else {"direction": swings.direction}
            drawn += pictures(charts.tornado, number, found, lang, caption, **which)
        blocks += drawn
        blocks += [grid(table) for table in tornado.tables(found, lang)]
        if tornado.asked(found):
            blocks.append(Text(tornado.notes(found, lang), "note"))
        leading = str(found.attrs.get(f"sensitivity_leading_{lang}", ""))
        if leading:
            blocks.append(Text([say_capacity("leading", lang), *leading.splitlines()]))
        if drawn:
            apart = getattr(term("note_judged_apart"), lang)
            blocks.append(Text([told.probability_note(verdict), apart], "note"))
    return Section("risk", subject.say("risk"), blocks) if blocks else None


def balances(subject: Subject) -> Section | None:
    """Make the section of the three balances."""
    blocks: list[Block] = []
    for number, verdict in enumerate(subject.verdicts):
        found, lang = verdict.found, subject.language
        if "balances_gap_share" not in found:
            continue
        blocks += pictures(charts.balances, number, found, lang, subject.say("caption_balances"))
        blocks += [grid(extras.balances_table(found, lang)), grid(extras.closed_table(found, lang))]
        more = str(found.attrs.get("balances_notes_zh" if lang == "zh" else "balances_notes", ""))
        notes = [getattr(order_note(found), lang), more]
        if any(notes):
            blocks.append(Text([note for note in notes if note], "note"))
    return Section("balances", subject.say("balances"), blocks) if blocks else None
