"""Drawn hydrology against the record: the check of ``waterbal hydrology check``, where the record can be reached."""

from __future__ import annotations

import csv
import inspect
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal import units
from waterbal.errors import WaterbalError
from waterbal.hydrology.comparison import DRAWN, Comparison, compare
from waterbal.hydrology.statistics import Key, Records
from waterbal.hydrology.validation import Validation
from waterbal.model.series_spec import KINDS, FileSeries, kind_of
from waterbal.report import validation as told
from waterbal.report.frequency import number
from waterbal.report.page.blocks import Block, Folded, Grid, Heading, Text
from waterbal.report.page.subject import Subject
from waterbal.report.page.tables import grid
from waterbal.results.names import series_names

if TYPE_CHECKING:
    import xarray as xr

    from waterbal.model.root import Model

REALIZATIONS = 200
"""Records drawn for the bands."""
OF_CHECK = int(inspect.signature(compare).parameters["realizations"].default)
"""Records that ``waterbal hydrology check`` draws, which takes longer; the page names both."""
ABOVE = 3
"""Folders from that of a result upward in which the files of its model are looked for."""
YEARLY = ("mean", "cv", "cs", "lag1")
"""Statistics of the years that are shown side by side."""
COMMAND = "waterbal hydrology check MODEL.yaml"
"""What shows the comparison where the page cannot."""


def blocks(subject: Subject) -> list[Block]:
    """Compare the drawn series of every model with its record, once; or say what is missing for it."""
    made: list[Block] = []
    seen: set[str] = set()
    for results in subject.datasets:
        config = json.loads(str(results.attrs.get("waterbal_config", "{}")))
        key = json.dumps([config.get("hydrology"), config.get("series")], sort_keys=True)
        if key in seen or (config.get("hydrology") or {}).get("kind") not in DRAWN:
            continue
        seen.add(key)
        compared = _compared(subject, results, config)
        if compared is None:
            made.append(Text([subject.say("no_record", command=COMMAND)], "note"))
        else:
            made += _shown(subject, compared, config)
    return made


def _compared(subject: Subject, results: xr.Dataset, config: dict[str, Any]) -> Comparison | None:
    """Compare with the files of the model beside the result, else with the series of a run that took the record."""
    from waterbal.model.load import load_config

    try:
        model = load_config(config).model
    except WaterbalError:
        return None
    folder = _folder(results, model)
    if folder is not None:
        return _try(model, folder)
    for run in subject.material.runs:
        series = _record(run, config)
        if series:
            with tempfile.TemporaryDirectory() as place:
                return _try(_with(model, run, series, Path(place)), Path(place))
    return None


def _try(model: Model, folder: Path) -> Comparison | None:
    try:
        return compare(model, folder, realizations=REALIZATIONS)
    except WaterbalError:
        return None


def _folder(results: xr.Dataset, model: Model) -> Path | None:
    """Find the folder that the files of the drawn sites are relative to."""
    assert model.hydrology is not None
    given = (model.series[site] for site in model.hydrology.sites)
    files = {spec.file for spec in given if isinstance(spec, FileSeries)}
    path = str(results.encoding.get("source", ""))
    if not path or not files:
        return None
    above = list(Path(path).absolute().parents)[:ABOVE]
    return next((folder for folder in above if all((folder / file).is_file() for file in files)), None)


def _record(run: xr.Dataset, config: Mapping[str, Any]) -> list[str]:
    """List the sites whose record a run took as it is."""
    own = json.loads(str(run.attrs.get("waterbal_config", "{}")))
    drawn = (own.get("hydrology") or {}).get("kind", "observed") != "observed"
    if drawn or "input_series" not in run or str(run.attrs.get("time_step")) != "month":
        return []
    sites = config["hydrology"].get("sites") or []
    given, taken = config.get("series", {}), own.get("series", {})
    return [name for name in sites if "file" in given.get(name, {}) and given[name] == taken.get(name)]


def _with(model: Model, run: xr.Dataset, names: Sequence[str], folder: Path) -> Model:
    """Write the series of a run as a file, and let the model read that."""
    ids = [str(name) for name in run["series_id"].values]
    columns, changed = [], dict(model.series)
    for name in names:
        spec = model.series[name]
        assert isinstance(spec, FileSeries)
        told_in = units.factor(spec.units, KINDS[kind_of(spec)]) if spec.units else 1.0
        columns.append((run["input_series"].values[ids.index(name)] / told_in).tolist())
        changed[name] = spec.model_copy(update={"file": "record.csv", "column": name, "sheet": None})
    dates = np.datetime_as_string(run["time"].values, unit="D").tolist()
    with (folder / "record.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["date", *names])
        writer.writerows(zip(dates, *columns, strict=True))
    return model.model_copy(update={"series": changed})


def _shown(subject: Subject, compared: Comparison, config: Mapping[str, Any]) -> list[Block]:
    """Tell the years of all sites side by side, and the rest site by site."""
    lang = subject.language
    names = {id: getattr(name, lang) for id, name in series_names(config).items()}
    named = _named(compared.validation, names)
    count = compared.validation.realizations
    lead = [subject.say("observed_lead", count=f"{count:,}", more=f"{OF_CHECK:,}")]
    if compared.without:
        lead.append(subject.say("no_record_of", sites=_list(subject, [names[s] for s in compared.without])))
    tables = [grid(table) for table in told.tables(named, lang)]
    return [
        Text(lead),
        _monthly(subject, named),
        _yearly(subject, named),
        Folded(subject.say("all_statistics", count=len(tables)), tables),
        Text([line.strip() for line in told.verdict(named, lang)], "note"),
    ]


def _list(subject: Subject, names: Sequence[str]) -> str:
    return ("、" if subject.language == "zh" else ", ").join(names)


def _named(validation: Validation, names: Mapping[str, str]) -> Validation:
    """Call the sites by their names."""
    records = validation.records
    sites = {names.get(id, id): site for id, site in records.sites.items()}
    lines = tuple(
        replace(
            line,
            key=line.key._replace(
                site=names.get(line.key.site, line.key.site), other=names.get(line.key.other, line.key.other)
            ),
        )
        for line in validation.lines
    )
    return replace(validation, records=Records(records.first_year, sites), lines=lines)


def _monthly(subject: Subject, validation: Validation) -> Grid:
    """Tell the mean of every month, observed and drawn."""
    lines = {line.key: line for line in validation.lines}
    heads = [subject.say("series"), subject.say("unit"), ""]
    months = [subject.say("month_short", number=m, name=told.MONTHS[m - 1]) for m in range(1, 13)]
    rows = []
    for site in validation.records.sites:
        own = [lines[Key(site, "", "mean", month)] for month in range(1, 13)]
        for key, values in (("observed", [o.observed for o in own]), ("simulated", [o.middle for o in own])):
            shown = [told.shown(validation, line, value) for line, value in zip(own, values, strict=True)]
            cells = ["–" if value is None else number(value) for value in shown]
            rows.append([site, _unit(subject, validation, own[0].key), subject.say(key), *cells])
    columns = [*(Heading(head) for head in heads), *(Heading(month, True) for month in months)]
    return Grid(subject.say("observed_months"), columns, rows)


def _unit(subject: Subject, validation: Validation, key: Key) -> str:
    unit = told.unit_of(validation, key)[1].replace("1e4 m³", subject.say("volume_unit"))
    return "–" if unit == "-" else unit


def _yearly(subject: Subject, validation: Validation) -> Grid:
    """Tell mean, Cv, Cs and lag-1 of the years, observed and drawn."""
    heads = [Heading(subject.say("series")), Heading(subject.say("unit")), Heading(subject.say("statistic"))]
    heads += [Heading(subject.say(key), True) for key in ("observed", "simulated")]
    heads.append(Heading(subject.say("band", level=f"{validation.level:.0%}"), True))
    heads.append(Heading(subject.say("inside")))
    rows: list[list[str]] = []
    strong: set[int] = set()
    for line in validation.lines:
        key = line.key
        if key.month or key.other or key.name not in YEARLY:
            continue
        values = [
            told.shown(validation, line, value) for value in (line.observed, line.middle, line.low, line.high)
        ]
        observed, middle, low, high = ("–" if v is None else number(v) for v in values)
        if line.defined and not line.inside:
            strong.add(len(rows))
        inside = subject.say("yes" if line.inside else "no") if line.defined else "–"
        unit, statistic = _unit(subject, validation, key), subject.say(key.name)
        rows.append([key.site, unit, statistic, observed, middle,
                     f"{low} – {high}", inside])  # fmt: skip
    return Grid(subject.say("observed_years"), heads, rows, frozenset(strong))
