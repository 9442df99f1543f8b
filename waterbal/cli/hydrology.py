"""Commands of ``waterbal hydrology``: fitting, drawing, checking and the frequency analysis of series."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from waterbal.cli.guard import guarded
from waterbal.cli.options import (
    AsJson,
    Debug,
    Language,
    Model,
    Overrides,
    Quiet,
    console,
    language,
    print_json,
    print_summary,
    progress,
)
from waterbal.errors import Message, in_language, joined

app = typer.Typer(
    name="hydrology",
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Rivers and weather: frequency analysis, and series that are drawn and checked against the record.",
)

Source = Annotated[
    str,
    typer.Argument(
        metavar="FILE:COLUMN:UNITS|MODEL",
        help="A column of a file of days, dekads or months (frequency: or years); or a model, with --site.",
        show_default=False,
    ),
]
SiteName = Annotated[str, typer.Option("--site", metavar="NAME", help="Series of the model.")]
Observed = Annotated[
    list[str] | None,
    typer.Option(
        "--observed",
        metavar="SITE=FILE:COLUMN:UNITS",
        help="Record of a site, in place of the model's own, e.g. river=flow.csv:q:m3/s. Repeat for more.",
    ),
]
Fill = Annotated[
    str,
    typer.Option(
        "--fill",
        metavar="METHOD:LONGEST",
        help="Fill gaps of the records named here, e.g. interpolate:3 (rows); also previous, month_mean, "
        "month_median. Other gaps stay gaps. A third number fills the ends of the record, too.",
    ),
]
Part = Annotated[
    str,
    typer.Option(
        "--record", metavar="FIRST..LAST", help="Months that are used, e.g. 2002-01..2022-12; by default all."
    ),
]
Plot = Annotated[
    Path | None,
    typer.Option("--plot", metavar="FILE", help="Draw a figure: PNG, SVG or PDF (needs waterbal[plot])."),
]
Level = Annotated[float, typer.Option("--level", metavar="%", help="Share of drawn records inside a band.")]


@app.command()
@guarded
def frequency(
    source: Source,
    site: SiteName = "",
    probability: Annotated[
        list[str] | None,
        typer.Option(
            "--probability",
            "-p",
            metavar="%",
            help="Exceedance to tell in per cent, e.g. 95. Repeat for more.",
        ),
    ] = None,
    method: Annotated[
        str, typer.Option("--method", metavar="NAME", help="l_moments, moments or curve (适线).")
    ] = "l_moments",
    ratio: Annotated[
        float | None, typer.Option("--cs-ratio", metavar="K", help="Keep Cs = K Cv; free if not given.")
    ] = None,
    position: Annotated[
        str,
        typer.Option(
            "--position",
            metavar="NAME",
            help="Plotting position: weibull is m/(n+1); hazen, gringorten, cunnane, blom, median, chegodayev.",
        ),
    ] = "weibull",
    criterion: Annotated[
        str,
        typer.Option(
            "--criterion",
            metavar="NAME",
            help="What a curve makes small: squares, relative_squares or absolute.",
        ),
    ] = "squares",
    free_mean: Annotated[
        bool, typer.Option("--free-mean", help="Let curve fitting move the mean, too.")
    ] = False,
    first_month: Annotated[
        int, typer.Option("--first-month", min=1, max=12, help="Month in which a year begins.")
    ] = 1,
    part: Part = "",
    fill: Fill = "",
    level: Level = 95.0,
    draws: Annotated[
        int, typer.Option("--draws", help="Records drawn for the bands; 0 for no bands.")
    ] = 1000,
    plot: Plot = None,
    as_json: AsJson = False,
    lang: Language = "",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Fit a Pearson III curve to the totals of years; choose typical years."""
    told = language(lang)
    with progress(quiet, lang) as shown:
        if plot is not None:
            from waterbal.report import figures

            figures.check(plot)
        shown.stage(Message("读取系列", "reading the series"))
        from waterbal.hydrology import annual, named_files
        from waterbal.hydrology.frequency import STANDARD, Method
        from waterbal.hydrology.placing import placing
        from waterbal.report import frequency as report

        asked = named_files.exceedances(probability) if probability else STANDARD
        name, series, folder, loaded = named_files.one_series(source, site, fill)
        with placing(loaded):
            totals = annual.totals(name, series, folder, first_month, part)
        shown.stage(Message("配线", "fitting"))
        way = Method(method, position, ratio, criterion, not free_mean)
        analysis = report.analyse(totals, way, asked, level / 100.0, draws)
        remarks = figures.frequency(analysis, plot, told) if plot is not None else []
    if as_json:
        print_json({**report.as_dict(analysis), "plot": plot and str(plot)})
    elif not quiet:
        report.render(analysis, told, console())
        print(*remarks, sep="\n", end="\n" if remarks else "")


@app.command()
@guarded
def drought(
    source: Source,
    site: SiteName = "",
    scale: Annotated[
        list[int] | None,
        typer.Option(
            "--scale", metavar="MONTHS", help="Months that are added up; 3 and 12 if none is given."
        ),
    ] = None,
    distribution: Annotated[
        str, typer.Option("--distribution", metavar="NAME", help="gamma (SPI) or pearson3.")
    ] = "gamma",
    part: Part = "",
    fill: Fill = "",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the index of every month as CSV."),
    ] = None,
    as_json: AsJson = False,
    lang: Language = "",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Standardised drought index (SPI of rain, SSI of a river) and the droughts of a record."""
    from waterbal import outputs

    told = language(lang)
    if output is not None:
        outputs.check(output, outputs.TABLE)
    with progress(quiet, lang) as shown:
        shown.stage(Message("读取系列", "reading the series"))
        from waterbal.hydrology import indices, named_files
        from waterbal.hydrology.placing import placing
        from waterbal.report import drought as report

        name, series, folder, loaded = named_files.one_series(source, site, fill)
        with placing(loaded):
            found = indices.indices(name, series, folder, scale or (3, 12), distribution, part)
    if output is not None:
        outputs.write_text(report.as_csv(found), output)
    if as_json:
        print_json({**report.as_dict(found), "output": output and str(output)})
    elif not quiet:
        report.render(found, told, console())


@app.command()
@guarded
def fit(
    model: Annotated[
        Path | None,
        typer.Argument(
            metavar="[MODEL]", help="Model file; not needed where all records are named.", show_default=False
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="YAML file to write; printed if not given."),
    ] = None,
    sites: Annotated[
        list[str] | None,
        typer.Option(
            "--site", metavar="NAME", help="Series to fit together; by default the sites of the model."
        ),
    ] = None,
    observed: Observed = None,
    part: Part = "",
    fill: Fill = "",
    margin: Annotated[
        str, typer.Option("--margin", metavar="NAME", help="pearson3, lognormal or shifted_lognormal.")
    ] = "pearson3",
    overrides: Overrides = None,
    as_json: AsJson = False,
    lang: Language = "",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Estimate the statistics that series are drawn from, and write them for `hydrology: {kind: generated}`.

    Months by site, correlations between sites, and how wet and dry years last.
    """
    from waterbal import outputs

    tongue = language(lang)
    with progress(quiet, lang) as shown:
        shown.stage(Message("读取系列", "reading the records"))
        from waterbal.hydrology import fitting, named_files
        from waterbal.hydrology.placing import placing
        from waterbal.model.load import load_model
        from waterbal.model.series_spec import kind_of

        if output is not None:
            outputs.check(output, fitting.FORMAT)
        loaded = load_model(model, overrides or ()) if model is not None else None
        kinds = {name: kind_of(one) for name, one in loaded.model.series.items()} if loaded else None
        records = named_files.named_sites(observed or (), kinds, fill)
        whole = loaded.model if loaded else None
        wanted = fitting.sites_of(whole, sites or (), list(records))
        shown.stage(Message("率定", "fitting"))
        folder = loaded.series_dir if loaded else "."
        with placing(loaded, records):
            fitted = fitting.fit_sites(whole, folder, wanted, records, margin, part)
    if output is not None:
        outputs.write_text(fitting.text(fitted), output)
    if as_json:
        print_json({"output": output and str(output), "fitted": fitted.model_dump(mode="json")})
    elif output is None:
        print(fitting.text(fitted), end="")
    elif not quiet:
        from waterbal.cli import summary_words as words

        print_summary(fitting.summary(fitted), tongue)
        for note in fitted.notes:
            print(words.say(words.NOTE, tongue, note=in_language(note, tongue)))
        print(words.say(words.WRITTEN, tongue, output=output))


@app.command()
@guarded
def check(
    model: Model,
    observed: Observed = None,
    fill: Fill = "",
    realizations: Annotated[
        int, typer.Option("--realizations", "-n", help="Records drawn for the bands.")
    ] = 1000,
    level: Level = 95.0,
    plot: Plot = None,
    overrides: Overrides = None,
    as_json: AsJson = False,
    lang: Language = "",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Hold the series a model draws against the records of its sites.

    Every statistic is told with the band of drawn records of the same length and gaps, and those outside are named.
    """
    told = language(lang)
    with progress(quiet, lang) as shown:
        if plot is not None:
            from waterbal.report import figures

            figures.check(plot)
        shown.stage(Message("读取模型", "reading the model"))
        from waterbal.hydrology import comparison, named_files
        from waterbal.hydrology.placing import placing
        from waterbal.model.load import load_model
        from waterbal.report import validation as report

        loaded = load_model(model, overrides or ())
        kinds = comparison.drawn_sites(loaded.model)
        records = named_files.named_sites(observed or (), kinds, fill)
        shown.stage(Message("生成系列", "drawing records"))
        with placing(loaded, records):
            outcome = comparison.compare(
                loaded.model, loaded.series_dir, records, realizations, level / 100.0
            )
        remarks = figures.validation(outcome, plot, told) if plot is not None else []
    if as_json:
        print_json({**report.as_dict(outcome), "plot": plot and str(plot)})
    elif not quiet:
        report.render(outcome, told, console())
        print(*remarks, sep="\n", end="\n" if remarks else "")


@app.command()
@guarded
def generate(
    model: Model,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="FILE", help="NetCDF (.nc) or CSV (.csv).", show_default=False
        ),
    ],
    realizations: Annotated[
        int | None,
        typer.Option("--realizations", "-n", help="How many; by default all where their number is limited."),
    ] = None,
    overrides: Overrides = None,
    as_json: AsJson = False,
    lang: Language = "",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write the series that a model draws, on the steps of its run."""
    tongue = language(lang)
    from waterbal import outputs
    from waterbal.hydrology import export
    from waterbal.hydrology.placing import placing
    from waterbal.model.load import load_model
    from waterbal.results import netcdf

    export.check(output)
    outputs.check(output, export.FORMATS[output.suffix.lower()])
    with progress(quiet, lang) as shown:
        shown.stage(Message("读取模型", "reading the model"))
        loaded = load_model(model, overrides or ())
        with placing(loaded):
            ensemble = export.drawing(loaded.model, loaded.series_dir)
        count = export.realizations(ensemble, realizations, str(model))
        for note in ensemble.notes:
            shown.note(Message(f"注意：{in_language(note, 'zh')}", f"note: {note}"))
        shown.stage(Message(f"写出 {output}", f"writing {output}"))
        output.parent.mkdir(parents=True, exist_ok=True)
        with netcdf.whole(output) as part:
            export.write(loaded.model, ensemble, count, part, output.suffix)
    if as_json:
        print_json({"output": str(output), "realizations": count, "series": list(ensemble.draw(0))})
    elif not quiet:
        from waterbal.cli import summary_words as words

        series = in_language(joined(ensemble.draw(0)), tongue)
        print(words.say(words.DRAWN, tongue, output=output, count=count, series=series))
