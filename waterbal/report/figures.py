"""Figures of hydrology, drawn with matplotlib where it is installed (``pip install waterbal[plot]``)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal import outputs
from waterbal.errors import Issue, Message, UsageError
from waterbal.hydrology.comparison import Comparison
from waterbal.hydrology.frequency import bands
from waterbal.hydrology.statistics import MONTHLY, Key
from waterbal.hydrology.validation import Line, Validation
from waterbal.model.rows import Floats
from waterbal.report.frequency import Analysis
from waterbal.report.labels import word
from waterbal.report.validation import shown, statistic_name, unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS: dict[str, tuple[bytes, ...]] = {
    ".png": (b"\x89PNG",),
    ".svg": (b"<?xml", b"<svg"),
    ".pdf": (b"%PDF",),
}
"""Suffix -> how such files begin."""
CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "SimHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "AR PL UMing CN",
    "Droid Sans Fallback",
    "SimSun",
)
"""Families that have Chinese characters, best first."""
PAPER = (0.0001, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999)
"""Lines of Hazen probability paper [-]."""
BAND, INK, ALARM = "#c6dbef", "#08519c", "#cb181d"


def check(path: Path) -> None:
    """Make sure that a figure can be drawn and written before the work for it begins.

    Raises
    ------
    UsageError
        If matplotlib is missing, the suffix is of no figure, or the file cannot be written.
    """
    if path.suffix.lower() not in KINDS:
        message = Message(f"{path.name} 不是图的文件名", f"{path.name} is no figure")
        raise UsageError(
            Issue(
                message,
                "--plot",
                expected=Message("文件名的扩展名为 ", "a file that ends in ") + ", ".join(KINDS),
            )
        )
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        message = Message(
            "绘图需要 matplotlib，而它没有安装", "figures need matplotlib, which is not installed"
        )
        raise UsageError(Issue(message, "--plot", expected="pip install 'waterbal[plot]'")) from None
    outputs.check(path, KINDS[path.suffix.lower()])


def frequency(analysis: Analysis, path: Path, language: str) -> list[str]:
    """Draw a Pearson III curve and the record on Hazen probability paper (海森机率格纸).

    Parameters
    ----------
    analysis : Analysis
        What is drawn.
    path : Path
        PNG, SVG or PDF file.
    language : str
        ``zh`` or ``en``; English where there is no Chinese font.

    Returns
    -------
    list of str
        Remarks for the user.
    """
    told, remarks = _font(language)
    figure = _figure(9.0, 6.0)
    axes = figure.subplots()
    fit, totals = analysis.fit, analysis.totals
    p = _normal_grid(min(0.001, fit.position[0] / 2.0))
    axes.plot(_paper(p), fit.quantile(p), color=INK, label=word("legend_curve", told))
    axes.plot(
        _paper(fit.position), fit.sample, "o", color=ALARM, markersize=4, label=word("legend_points", told)
    )
    if analysis.bands is not None:
        label = word("legend_band", told, level=f"{analysis.level:.0%}")
        at = p[:: p.size // 25]
        low, high = bands(fit, at.tolist(), analysis.level, analysis.draws)
        axes.fill_between(_paper(at), low, high, color=BAND, alpha=0.7, linewidth=0, label=label)
    lines = [q for q in PAPER if p[0] <= q <= p[-1]]
    axes.set_xticks(_paper(np.array(lines)), [f"{100 * q:g}" for q in lines], fontsize=8)
    axes.set_xlabel(word("axis_exceedance", told))
    axes.set_ylabel(word("axis_quantile", told, name=totals.name, units=totals.units or "-"))
    law = fit.distribution
    axes.set_title(
        f"n = {fit.size}   x̄ = {law.mean:.4g}   Cv = {law.cv:.3f}   Cs = {law.cs:.3f}", fontsize=10
    )
    axes.set_xlim(_paper(p[0]), _paper(p[-1]))
    axes.set_ylim(bottom=0.0)
    axes.grid(True, linewidth=0.4, color="0.8")
    axes.legend(loc="upper right", fontsize=9)
    _save(figure, path, told)
    return remarks


def validation(comparison: Comparison, path: Path, language: str) -> list[str]:
    """Draw the statistics of every site with their bands.

    Parameters
    ----------
    comparison, path, language
        As for ``frequency``.

    Returns
    -------
    list of str
        Remarks for the user.
    """
    told, remarks = _font(language)
    outcome = comparison.validation
    found = {line.key: line for line in outcome.lines}
    sites = list(outcome.records.sites)
    pairs = list(dict.fromkeys((line.key.site, line.key.other) for line in outcome.lines if line.key.other))
    rows = len(sites) + -(-len(pairs) // 5)
    figure = _figure(17.0, 3.2 * rows)
    grid = figure.subplots(rows, 5, squeeze=False)
    for row, site in enumerate(sites):
        for column, name in enumerate(MONTHLY):
            lines = [found[Key(site, "", name, month)] for month in range(1, 13)]
            unit = unit_of(outcome, lines[0].key)[1]
            title = f"{site}  {word('statistic_' + name, told)}" + (f" ({unit})" if unit != "-" else "")
            _months(grid[row][column], outcome, lines, title, told)
        _standing(grid[row][4], outcome, site, told)
    for spare in grid[len(sites) :].ravel():
        spare.set_visible(False)
    for axes, pair in zip(grid[len(sites) :].ravel(), pairs, strict=False):
        axes.set_visible(True)
        lines = [found[Key(*pair, "cross", month)] for month in range(1, 13)]
        _months(axes, outcome, lines, " × ".join(pair), told)
    grid[0][0].legend(fontsize=7)
    _save(figure, path, told)
    return remarks


def _months(axes: Axes, outcome: Validation, lines: list[Line], title: str, language: str) -> None:
    """Draw one statistic by calendar month: band, median, record."""
    month = np.arange(1, 13)

    def part(values: list[float]) -> Floats:
        each = [shown(outcome, line, value) for line, value in zip(lines, values, strict=True)]
        return np.array([np.nan if value is None else value for value in each])

    low, high = part([line.low for line in lines]), part([line.high for line in lines])
    axes.fill_between(month, low, high, color=BAND, linewidth=0, label=f"{outcome.level:.0%}")
    middle = part([line.middle for line in lines])
    axes.plot(month, middle, color=INK, linewidth=1.0, label=word("legend_median", language))
    observed = part([line.observed for line in lines])
    colours = [ALARM if line.defined and not line.inside else "black" for line in lines]
    axes.scatter(month, observed, c=colours, s=14, zorder=3, label=word("legend_observed", language))
    axes.set_title(title, fontsize=9)
    axes.set_xticks(month, [str(m) for m in month], fontsize=7)
    axes.tick_params(axis="y", labelsize=7)


def _standing(axes: Axes, outcome: Validation, site: str, language: str) -> None:
    """Draw where the statistics of years and droughts stand in their bands: -1 and 1 are the ends."""
    lines = [
        line
        for line in outcome.defined
        if line.key.site == site and not line.key.other and not 1 <= line.key.month <= 12
    ]
    places = []
    for line in lines:
        end = line.high if line.observed >= line.middle else line.low
        width = abs(end - line.middle)
        gap = line.observed - line.middle
        places.append(gap / width if width > 0.0 else 2.5 * np.sign(gap))
    rank = np.arange(len(lines))[::-1]
    axes.axvspan(-1.0, 1.0, color=BAND)
    axes.axvline(0.0, color=INK, linewidth=1.0)
    colours = ["black" if line.inside else ALARM for line in lines]
    axes.scatter(np.clip(places, -2.5, 2.5), rank, c=colours, s=14, zorder=3)
    axes.set_yticks(rank, [statistic_name(line.key, language) for line in lines], fontsize=6)
    axes.set_xlim(-2.6, 2.6)
    axes.tick_params(axis="x", labelsize=7)
    axes.set_title(site, fontsize=9)


def _paper(p: Any) -> Any:
    """Return positions on Hazen probability paper, where a normal distribution is a straight line."""
    from scipy import special

    return special.ndtri(p)


def _normal_grid(lowest: float) -> Floats:
    """Return probabilities that are evenly spread on the paper."""
    from scipy import special

    end = -float(special.ndtri(lowest))
    return np.asarray(special.ndtr(np.linspace(-end, end, 200)))


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _font(language: str) -> tuple[str, list[str]]:
    """Return the language that can be shown, and a remark where it is not the one asked for."""
    if language != "zh":
        return language, []
    return (
        ("zh", [])
        if _chinese()
        else ("en", [word("note_no_font", "zh") + " / " + word("note_no_font", "en")])
    )


def _chinese() -> str:
    """Return the best installed font that has Chinese characters; empty if there is none."""
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    return next((family for family in CHINESE_FONTS if family in installed), "")


def _save(figure: Figure, path: Path, language: str) -> None:
    """Write a figure whole or not at all, the same bytes for the same content."""
    import matplotlib
    from matplotlib.text import Text

    families = [_chinese()] if language == "zh" else []
    kind = path.suffix.lower().lstrip(".")
    metadata: dict[str, Any] = {
        "png": {"Software": "waterbal"},
        "svg": {"Date": None},
        "pdf": {"CreationDate": None},
    }
    options: Any = {
        "font.family": [*families, "DejaVu Sans"],
        "axes.unicode_minus": False,
        "svg.hashsalt": "waterbal",
        "svg.fonttype": "path",
    }
    with matplotlib.rc_context(options):
        for text in figure.findobj(Text):
            text.set_fontfamily(options["font.family"])
        outputs.write_whole(
            path, lambda part: figure.savefig(part, format=kind, dpi=150, metadata=metadata[kind])
        )
