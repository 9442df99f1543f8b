"""Droughts of a record by their standardised index, as a table, as plain data and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.hydrology.indices import Indices
from waterbal.report.balance import Column, make, show
from waterbal.report.frequency import filled_note
from waterbal.report.labels import word
from waterbal.report.summary import Line

if TYPE_CHECKING:
    from rich.console import Console


def as_dict(told: Indices) -> dict[str, Any]:
    """Return indices and droughts as plain, JSON-able data."""
    return {
        "series": told.name,
        "distribution": told.distribution,
        "first": told.month(0),
        "scales": list(told.scales),
        "index": {
            str(scale): [None if np.isnan(value) else float(value) for value in row]
            for scale, row in zip(told.scales, told.values, strict=True)
        },
        "droughts": _lines(told),
    }


def as_csv(told: Indices) -> str:
    """Return the indices as a table of months."""
    text = io.StringIO()
    text.write(f"# waterbal: standardised drought index of {told.name} ({told.distribution})\n")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["date", *(f"index_{scale}" for scale in told.scales)])
    for position, row in enumerate(told.values.T.tolist()):
        writer.writerow(
            [told.month(position), *("" if np.isnan(value) else f"{value:z.4f}" for value in row)]
        )
    return text.getvalue()


def render(told: Indices, language: str, console: Console, most: int = 10) -> None:
    """Print the largest droughts of each scale.

    Parameters
    ----------
    told : Indices
        What is told.
    language : str
        ``zh`` or ``en``.
    console : Console
        Where to print.
    most : int
        Most droughts of a scale.
    """
    lines = _lines(told)
    shown = [line for scale in told.scales for line in [one for one in lines if one["scale"] == scale][:most]]
    table = make("title_droughts", COLUMNS, shown, language)
    if table is not None:
        table.title = str(table.title).format(name=told.name)
        show(table, console)
    else:
        console.print(word("note_no_drought", language), highlight=False)
    law = word(f"law_{told.distribution}", language)
    console.print(word("note_index", language, law=law), style="dim", highlight=False)
    if told.name in told.record.filled:
        console.print(
            filled_note(told.name, told.record.filled[told.name], language), style="dim", highlight=False
        )


def _lines(told: Indices) -> list[Line]:
    return [
        {
            "scale": scale,
            "first": told.month(event.first),
            "last": told.month(event.first + event.months - 1),
            "months": event.months,
            "lowest": event.lowest,
            "magnitude": event.magnitude,
            "ended": event.ended,
        }
        for scale, event in told.events()
    ]


COLUMNS: Sequence[Column] = (
    ("index_scale", lambda line, _: str(line["scale"])),
    ("drought_first", lambda line, _: str(line["first"])),
    ("drought_last", lambda line, _: str(line["last"]) + ("" if line["ended"] else " →")),
    ("drought_months", lambda line, _: str(line["months"])),
    ("drought_lowest", lambda line, _: f"{line['lowest']:z.2f}"),
    ("drought_magnitude", lambda line, _: f"{line['magnitude']:z.1f}"),
)
