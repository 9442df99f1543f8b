"""How water flows: the network, from source to fate, supply by source and month, what is short, what is stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from waterbal.report import charts
from waterbal.report.balance import share, volume
from waterbal.report.page.blocks import Block, Section, Text
from waterbal.report.page.figures import Draw, pictures
from waterbal.report.page.subject import Member, Subject


def network(subject: Subject) -> Section | None:
    """Make the section of the network; the first with figures tells for which runs they are drawn."""
    made = _section(subject, "network", "caption_network", charts.network, lambda _: "")
    left = len(subject.members) - len(subject.drawn)
    if made is None or not left:
        return made
    told = subject.say("more_runs", all=len(subject.members), shown=len(subject.drawn))
    return replace(made, blocks=[Text([told], "note"), *made.blocks])


def fate(subject: Subject) -> Section | None:
    """Make the section of sources and fates."""
    return _section(subject, "fate", "caption_fate", charts.sankey, lambda m: _budget(subject, m))


def supply(subject: Subject) -> Section | None:
    """Make the section of supply by source and month."""
    return _section(subject, "supply", "caption_supply", charts.supply, lambda m: _sources(subject, m))


def shortage(subject: Subject) -> Section | None:
    """Make the section of shortage by year and month."""
    return _section(
        subject, "shortage", "caption_shortage", charts.shortage_map, lambda m: _short(subject, m)
    )


def stocks(subject: Subject) -> Section | None:
    """Make the section of storage and groundwater."""
    blocks: list[Block] = []
    for number, member in enumerate(subject.drawn):
        for draw in (charts.storages, charts.groundwater, charts.quotas):
            caption = subject.captioned(f"caption_{draw.__name__}", member)
            blocks += pictures(draw, number, member.results, subject.language, caption)
    return Section("stocks", subject.say("stocks"), blocks) if blocks else None


def _section(
    subject: Subject, id: str, caption: str, draw: Draw, told: Callable[[Member], str]
) -> Section | None:
    blocks: list[Block] = []
    for number, member in enumerate(subject.drawn):
        title = subject.captioned(caption, member)
        blocks += pictures(draw, number, member.results, subject.language, title, told(member))
    return Section(id, subject.say(id), blocks) if blocks else None


def _budget(subject: Subject, member: Member) -> str:
    """Tell the budget in words."""
    budget = member.told["budget"]
    named = ", ".join(
        f"{term[subject.language]} {volume(term, 'volume')}"
        for term in budget["terms"]
        if abs(term["volume"]) >= 0.05
    )
    return f"{subject.say('caption_fate')}: {named}"


def _sources(subject: Subject, member: Member) -> str:
    """Tell the mean supply of every source in words."""
    lines = member.told["sources"]
    named = ", ".join(f"{line[subject.language]} {volume(line, 'mean')}" for line in lines)
    return f"{subject.say('caption_supply')}: {named}"


def _short(subject: Subject, member: Member) -> str:
    """Tell the shortage of the driest year in words."""
    driest = [year for year in member.told["years"] if year["kind"] == "driest"]
    said = [subject.say("driest", year=y["year"], share=share(y, "shortage_share")) for y in driest]
    return " ".join([subject.say("caption_shortage"), *said])
