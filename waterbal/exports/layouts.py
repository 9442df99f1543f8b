"""What files can be written, and what their readers need of them, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from waterbal.errors import Issue, Message, UsageError, nearest
from waterbal.results.terms import Term


@dataclass(frozen=True)
class Layout:
    """How the numbers of a result stand in a file."""

    name: str
    suffix: str
    """How names of files end that are made up."""
    suffixes: tuple[str, ...]
    """How names of files may end; empty for any."""
    shape: Term
    """What a file is like."""
    series_only: bool = True
    """Whether variables without time have no place in it."""
    one_group: bool = True
    """Whether all variables of a file must have the same dimensions."""
    one_scenario: bool = False
    """Whether a file holds one scenario."""
    one_member: bool = False
    """Whether a file holds one realization of one scenario."""
    end_label: bool = False
    """Whether a time is the end of its step, else its start."""
    daily: bool = False
    """Whether steps are days."""
    rate: bool = False
    """Whether volumes become mean rates [m3/s] of their steps."""
    volumes_only: bool = False
    """Whether only volumes, which become rates, have a place in it."""
    characters: bool = True
    """Of NetCDF files: whether ids and names are variables of characters, else JSON lists in global attributes."""
    wide: bool = False
    """Of CSV files: one column for each series, else one for each variable."""
    bom: bool = False
    """Of CSV files: whether they begin with the mark by which Excel knows UTF-8."""


LAYOUTS: Mapping[str, Layout] = {
    layout.name: layout
    for layout in (
        Layout(
            "time-first", ".nc", (".nc", ".nc4"),
            Term(
                "CF NetCDF，维序（时间、方案、样本、站点），只选一个的维省去；不写 coordinates 属性，"
                "以免 CDO 丢失样本",
                "CF NetCDF (time, scenario, realization, station), without the dimensions of which one is chosen; no "
                "attribute coordinates, which makes CDO lose realizations",
            ),
        ),
        Layout(
            "station-first", ".nc", (".nc", ".nc4"),
            Term(
                "CF NetCDF 正交多维 timeSeries（样本、站点、时间），通过 CF-1.11 检查",
                "CF NetCDF, orthogonal timeSeries (realization, station, time), clean under the CF-1.11 checker",
            ),
            one_scenario=True,
        ),
        Layout(
            "swmm", ".inp", (".inp", ".dat", ".txt"),
            Term(
                "[TIMESERIES] 节（.inp）或单条序列的入流文件（.dat、.txt），m3/s，时段内不变",
                "section [TIMESERIES] (.inp), or the inflow file of one series (.dat, .txt), m3/s, constant in a step",
            ),
            one_group=False, one_member=True, rate=True, volumes_only=True,
        ),
        Layout(
            "dss", ".dss", (".dss",),
            Term(
                "HEC-DSS 7 等时段序列，路径 /WATERBAL/站点/变量//时段/C:样本|方案/",
                "HEC-DSS 7 regular series, paths /WATERBAL/element/variable//interval/C:realization|scenario/",
            ),
            one_group=False, end_label=True,
        ),
        Layout(
            "csv", ".csv", (".csv",),
            Term(
                "UTF-8 文本；长表：每行一个方案、样本、时段、单元，每个变量一列（--wide：每条序列一列）",
                "UTF-8 text; tidy: a row for each scenario, realization, step and element, a column for each variable "
                "(--wide: a column for each series)",
            ),
            series_only=False,
        ),
        Layout(
            "parquet", ".parquet", (".parquet", ".pq"),
            Term("Parquet 长表，单位写在列的元数据里", "tidy Parquet table, units in the metadata of its columns"),
            series_only=False,
        ),
    )
}  # fmt: skip
"""Every layout by name."""


@dataclass(frozen=True)
class Reader:
    """A program and what it needs."""

    name: str
    layout: Layout
    needs: Term


def _reader(name: str, layout: str, zh: str, en: str, **needs: bool) -> Reader:
    return Reader(name, replace(LAYOUTS[layout], **needs), Term(zh, en))  # type: ignore[arg-type]


READERS: Mapping[str, Reader] = {
    reader.name: reader
    for reader in (
        _reader(
            "cdo", "time-first", "时间在首维，标在时段起点（否则月份错位）；标识和名称写在全局属性里（不读字符变量）",
            "time first; times at the start of steps, or months shift by one; ids and names in global attributes: it "
            "reads no characters", characters=False,
        ),
        _reader(
            "nco", "time-first", "时间为记录维（ncra、ncrcat）", "time as record dimension, for ncra and ncrcat",
        ),
        _reader(
            "raven", "time-first", "等时段（日）、单样本、m3/s；时间标在时段起点",
            "equal steps (days), one realization, m3/s; times at the start of days",
            one_member=True, daily=True, rate=True, volumes_only=True,
        ),
        _reader(
            "rtc-tools", "station-first", "cf_role、realization 坐标；隐式格式，时间标在时段末",
            "cf_role and coordinate realization; times at the end of steps, as its implicit scheme has it",
            end_label=True,
        ),
        _reader(
            "fews", "station-first", "NETCDF-CF_TIMESERIES 导入；时段均值与累计值标在时段末",
            "import NETCDF-CF_TIMESERIES; means and sums stand at the end of their step",
            end_label=True,
        ),
        _reader("pywr", "csv", "每条序列一列，等时段（日）", "a column for each series, equal steps (days)",
                wide=True, daily=True, rate=True, one_group=False, series_only=True),
        _reader("excel", "csv", "每条序列一列，带 BOM，中文不乱码",
                "a column for each series, byte order mark, so that Chinese shows", wide=True, bom=True,
                one_group=False, series_only=True),
        _reader("hec", "dss", "HEC-DSSVue、HEC-HMS、HEC-ResSim；时间标在时段末",
                "HEC-DSSVue, HEC-HMS, HEC-ResSim; times at the end of steps"),
    )
}  # fmt: skip
"""Every program by name; its needs decide where a layout leaves a choice."""


def layout_of(name: str) -> Layout:
    """Give the layout of that name, or the one that the reader of that name needs.

    Raises
    ------
    UsageError
        If there is neither.
    """
    if name in LAYOUTS:
        return LAYOUTS[name]
    if name in READERS:
        return READERS[name].layout
    known = [*LAYOUTS, *READERS]
    expected = Message(
        f"一种格式（{', '.join(LAYOUTS)}）或一种读取程序（{', '.join(READERS)}）",
        f"a layout ({', '.join(LAYOUTS)}) or a reader ({', '.join(READERS)})",
    )
    message = (
        Message(f"没有格式 {name!r}", f"there is no layout {name!r}")
        if name
        else Message("没有指明格式", "no layout is named")
    )
    raise UsageError(Issue(message, "--layout", expected=expected, nearest=nearest(name, known)))


def with_options(
    layout: Layout,
    *,
    daily: bool = False,
    rate: bool = False,
    label: str = "",
    wide: bool = False,
    bom: bool = False,
) -> Layout:
    """Give a layout as a user wants it.

    Parameters
    ----------
    layout : Layout
        From ``layout_of``.
    daily, rate, wide, bom : bool
        Further wants; what a reader needs stays.
    label : str
        ``start`` or ``end`` of the step; empty for that of the layout.

    Raises
    ------
    UsageError
        With every option that means nothing here.
    """
    problems: list[Issue] = []
    if label not in ("", "start", "end"):
        problems.append(
            Issue(
                Message(f"没有时间标签 {label!r}", f"no time label {label!r}"),
                "--label",
                expected=Message("start 或 end", "start or end"),
            )
        )
    elif label and layout.suffix != ".nc" and (label == "end") != layout.end_label:
        told = (
            Message("DSS 文件以时段末为时间", "a DSS file has the ends of steps")
            if layout.name == "dss"
            else Message(f"{layout.name} 两者都有，或自有规定", f"{layout.name} has both or its own")
        )
        problems.append(Issue(told, "--label", expected=Message("一种 NetCDF 格式", "a NetCDF layout")))
    for option, wanted in (("--wide", wide), ("--bom", bom)):
        if wanted and layout.name != "csv":
            problems.append(
                Issue(
                    Message(
                        f"{option} 对 {layout.name} 没有意义", f"{option} means nothing for {layout.name}"
                    ),
                    option,
                    expected="--layout csv",
                )
            )
    if problems:
        raise UsageError(problems)
    return replace(
        layout,
        daily=layout.daily or daily,
        rate=layout.rate or rate or daily,
        end_label=label == "end" if label else layout.end_label,
        wide=layout.wide or wide,
        bom=layout.bom or bom,
        one_group=layout.one_group and not wide,
        series_only=layout.series_only or wide or daily,
    )  # fmt: skip


def listing() -> dict[str, dict[str, object]]:
    """List layouts with their readers.

    Returns
    -------
    dict
        Layout -> its shape and suffixes in both languages, and reader -> its needs.
    """
    return {
        name: {
            "zh": layout.shape.zh,
            "en": layout.shape.en,
            "suffixes": list(layout.suffixes),
            "readers": {
                reader.name: {"zh": reader.needs.zh, "en": reader.needs.en}
                for reader in READERS.values()
                if reader.layout.name == name
            },
        }
        for name, layout in LAYOUTS.items()
    }
