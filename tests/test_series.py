"""Series: alignment, aggregation, formats, and the place of every data problem."""

from __future__ import annotations

import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import SHARED
from tests.rowkit import axis
from waterbal.errors import DataError
from waterbal.hydrology.lognormal import generate
from waterbal.hydrology.periods import read_periods
from waterbal.hydrology.series import read_all, read_series
from waterbal.hydrology.tables import Table
from waterbal.model.base import inherit
from waterbal.model.series_spec import FileSeries, GapFill, LognormalSeries


def _days(first, last):
    start, end = datetime.date.fromisoformat(first), datetime.date.fromisoformat(last)
    return [start + datetime.timedelta(days=n) for n in range((end - start).days + 1)]


def _monthly(path, values, start=(2001, 1)):
    lines = ["year,month,rain"]
    for index, value in enumerate(values):
        number = start[0] * 12 + start[1] - 1 + index
        lines.append(f"{number // 12},{number % 12 + 1},{value}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _column(file, column, kind, units=None, sheet=None):
    return FileSeries(file=file, column=column, kind=kind, units=units, sheet=sheet)


def test_a_series_that_states_no_source_has_that_of_all_numbers():
    column = {"file": "rain.csv", "column": "rain", "kind": "depth"}
    with inherit({"source": "made up", "grade": "assumed"}):
        plain = FileSeries.model_validate(column)
        own = FileSeries.model_validate(column | {"source": "bureau", "grade": "found"})
    assert (plain.source, plain.grade) == ("made up", "assumed")
    assert (own.source, own.grade) == ("bureau", "found")
    assert FileSeries.model_validate(column).grade == "found"


RAIN = _column("rain.csv", "rain", "depth", "mm")


def test_months_are_aligned_by_date(tmp_path):
    _monthly(tmp_path / "rain.csv", range(36))
    values = read_series(RAIN, tmp_path, axis(6, start="2002-11"))
    assert values.tolist() == [22, 23, 24, 25, 26, 27]


def test_units_are_converted(tmp_path):
    _monthly(tmp_path / "rain.csv", [1, 2, 3])
    read = {
        ("cm", "depth"): [10, 20, 30],
        ("m3/s", "rate"): [8.64, 17.28, 25.92],
        ("亿m3", "volume"): [1e4, 2e4, 3e4],
        ("%", "factor"): [0.01, 0.02, 0.03],
        ("g/L", "concentration"): [1, 2, 3],
    }
    for (unit, kind), values in read.items():
        spec = _column("rain.csv", "rain", kind, unit)
        assert read_series(spec, tmp_path, axis(3)) == pytest.approx(values)


def _daily(path, first="2001-01-01", last="2004-12-31", value=lambda day: 1.0):
    lines = ["date,q"] + [f"{day},{value(day)!r}" for day in _days(first, last)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize("step", ["month", "dekad", "day"])
def test_days_are_summed_or_averaged_over_each_step(tmp_path, step):
    _daily(tmp_path / "q.csv", value=lambda day: float(day.day))
    sizes = {"month": 48, "dekad": 144, "day": 1461}
    run = axis(sizes[step], step=step)
    day_of_month = np.array([day.day for day in _days("2001-01-01", "2004-12-31")], dtype=float)
    ends = np.cumsum(run.days).astype(int)
    parts = np.split(day_of_month, ends[:-1])
    depth = read_series(_column("q.csv", "q", "depth", "mm"), tmp_path, run)
    rate = read_series(_column("q.csv", "q", "rate", "1e4 m3/d"), tmp_path, run)
    assert depth == pytest.approx([part.sum() for part in parts])
    assert rate == pytest.approx([part.mean() for part in parts])


def test_leap_february_has_its_day(tmp_path):
    _daily(tmp_path / "q.csv")
    spec = _column("q.csv", "q", "depth", "mm")
    assert read_series(spec, tmp_path, axis(48))[[1, 37]].tolist() == [28, 29]
    assert read_series(spec, tmp_path, axis(144, step="dekad"))[[5, 113]].tolist() == [8, 9]


def test_dekads_are_averaged_by_their_length(tmp_path):
    rows = ["year,month,dekad,q"] + [f"2001,{m},{d},{d}" for m in range(1, 13) for d in (1, 2, 3)]
    (tmp_path / "q.csv").write_text("\n".join(rows), encoding="utf-8")
    spec = _column("q.csv", "q", "rate", "1e4 m3/d")
    assert read_series(spec, tmp_path, axis(36, step="dekad"))[:4].tolist() == [1, 2, 3, 1]
    february = read_series(spec, tmp_path, axis(12))[1]
    assert february == pytest.approx((10 * 1 + 10 * 2 + 8 * 3) / 28)


@given(st.lists(st.floats(0, 1e6), min_size=365, max_size=365), st.sampled_from(["month", "dekad"]))
@settings(max_examples=15)
def test_summing_keeps_the_total(tmp_path_factory, values, step):
    directory = tmp_path_factory.mktemp("series")
    flow = dict(zip(_days("2001-01-01", "2001-12-31"), values, strict=True))
    _daily(directory / "q.csv", last="2001-12-31", value=flow.__getitem__)
    spec = _column("q.csv", "q", "volume", "1e4 m3")
    series = read_series(spec, directory, axis(12 if step == "month" else 36, step=step))
    assert series.sum() == pytest.approx(sum(values), rel=1e-12)


@pytest.mark.parametrize(
    "dates",
    [
        ["2001-01", "2001-02", "2001-03"],
        ["2001-01-01", "2001-02-01", "2001-03-01"],
        ["2001-01-31", "2001-02-28", "2001-03-31"],
        ["2001/1/15", "2001/2/15", "2001/3/15"],
        ["20010101", "20010201", "20010301"],
        ["200101", "200102", "200103"],
        ["2001年1月", "2001年2月", "2001年3月"],
        ["2001-01-01 00:00:00", "2001-02-01 00:00:00", "2001-03-01T00:00"],
    ],
)
@pytest.mark.parametrize("header", ["date", "Date", "日期", "time", "年月"])
def test_dates_of_months(tmp_path, dates, header):
    rows = [f"{header},rain"] + [f"{date},{n}" for n, date in enumerate(dates)]
    (tmp_path / "rain.csv").write_text("\n".join(rows), encoding="utf-8")
    assert read_series(RAIN, tmp_path, axis(3)).tolist() == [0, 1, 2]


def test_months_that_a_sheet_gives_as_numbers():
    table = Table("flow.xlsx", ("年月", "q"), [(200112.0, 1.0), (200201.0, 2.0)], [2, 3], {})
    periods, issues = read_periods(table)
    assert (periods.step, periods.number.tolist(), issues) == ("month", [2001 * 12 + 11, 2002 * 12], [])
    for cell in ("200113", "800101", "2001", 20010.5):  # the second may be the first of January 1980
        periods, issues = read_periods(Table("flow.csv", ("年月",), [(cell,)], [2], {}))
        assert periods is None and f"{cell!r} is not a date" in str(issues[0])


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("年,月,降雨\n2001,1,5\n2001,2,6\n", "gb18030"),
        ("年,月,降雨\n2001,1,5\n2001,2,6\n", "utf-8-sig"),
        ("年;月;降雨\r\n2001;1;5\r\n2001;2;6\r\n", "utf-8"),
        ("年\t月\t降雨\n2001\t1\t5\n\n2001\t2\t6\n", "utf-8"),
        ('# remark, with comma\n\n年,月,降雨\n2001,1,"5"\n2001,2,6\n', "utf-8"),
    ],
)
def test_dialects_of_csv(tmp_path, text, encoding):
    (tmp_path / "rain.csv").write_bytes(text.encode(encoding))
    spec = _column("rain.csv", "降雨", "depth", "mm")
    assert read_series(spec, tmp_path, axis(2)).tolist() == [5, 6]


def _frame():
    import pandas as pd

    dates = pd.date_range("2001-01-01", periods=24, freq="MS")
    return pd.DataFrame({"date": dates, "rain": np.arange(24.0)})


def test_excel(tmp_path):
    frame = _frame()
    frame.to_excel(tmp_path / "rain.xlsx", sheet_name="monthly", index=False, startrow=2, startcol=1)
    spec = _column("rain.xlsx", "rain", "depth", "mm", "monthly")
    assert read_series(spec, tmp_path, axis(12, start="2001-06")).tolist() == list(range(5, 17))
    frame.loc[7, "rain"] = None
    frame.to_excel(tmp_path / "gap.xlsx", sheet_name="monthly", index=False, startrow=2, startcol=1)
    with pytest.raises(DataError, match=r"gap.xlsx:11: 'rain' has no value for 2001-08"):
        read_series(_column("gap.xlsx", "rain", "depth", "mm"), tmp_path, axis(12))
    with pytest.raises(
        DataError, match="there is no sheet 'month'; expected one of monthly; did you mean 'monthly'"
    ):
        read_series(_column("rain.xlsx", "rain", "depth", "mm", "month"), tmp_path, axis(12))


def test_parquet(tmp_path):
    frame = _frame()
    frame.to_parquet(tmp_path / "rain.parquet", index=False)
    spec = _column("rain.parquet", "rain", "depth", "mm")
    assert read_series(spec, tmp_path, axis(3, start="2001-03")).tolist() == [2, 3, 4]
    frame.loc[4, "rain"] = np.nan
    frame.to_parquet(tmp_path / "rain.parquet", index=False)
    with pytest.raises(DataError, match=r"rain.parquet: row 5: 'rain' has no value for 2001-05"):
        read_series(spec, tmp_path, axis(12))


def test_netcdf(tmp_path):
    array = _frame().set_index("date").rename_axis("time").to_xarray()
    array["rain"].attrs["units"] = "cm"
    array.expand_dims(station=1).to_netcdf(tmp_path / "rain.nc")
    spec = _column("rain.nc", "rain", "depth")
    assert read_series(spec, tmp_path, axis(2, start="2002-01")).tolist() == [120, 130]
    assert read_series(_column("rain.nc", "rain", "depth", "cm"), tmp_path, axis(2)).tolist() == [0, 10]
    with pytest.raises(DataError, match="the file says 'cm', the model says 'mm'"):
        read_series(_column("rain.nc", "rain", "depth", "mm"), tmp_path, axis(2))
    with pytest.raises(DataError, match=r"there is no variable 'rian'; .* did you mean 'rain'"):
        read_series(_column("rain.nc", "rian", "depth", "mm"), tmp_path, axis(2))
    array["rain"].attrs.clear()
    array.expand_dims(station=2).to_netcdf(tmp_path / "two.nc")
    with pytest.raises(DataError, match=r"has the dimensions \(station, time\)"):
        read_series(_column("two.nc", "rain", "depth", "mm"), tmp_path, axis(2))
    array.to_netcdf(tmp_path / "bare.nc")
    with pytest.raises(DataError, match="the units are missing"):
        read_series(_column("bare.nc", "rain", "depth"), tmp_path, axis(2))


def _lines(rows):
    return "\n".join(["year,month,rain", *rows]) + "\n"


ROWS = [f"2001,{month},{month}" for month in range(1, 13)]


def _with(index, *rows):
    return _lines([*ROWS[:index], *rows, *ROWS[index + 1 :]])


BROKEN = [
    (_with(4, "2001,5,"), [(6, "'rain' has no value for 2001-05")]),
    (_with(4, "2001,5,NaN"), [(6, "'rain' has no value for 2001-05")]),
    (_lines([*ROWS[:4], "2001,5,", "2001,6,-", *ROWS[6:]]), [(6, "no value for 2001-05 to 2001-06")]),
    (_with(4, "2001,5,abc"), [(6, "'abc' is not a number")]),
    (_with(4, "2001,5,inf"), [(6, "'inf' is not a finite number")]),
    (_with(4, "2001,5,-3"), [(6, "-3 is negative")]),
    (_with(4), [(6, "2001-05 is missing before this row")]),
    (_lines([*ROWS[:3], *ROWS[6:]]), [(5, "2001-04 to 2001-06 is missing before this row")]),
    (_lines(ROWS[:9]), [(0, "the file covers 2001-01 to 2001-09, the run needs 2001-01 to 2001-12")]),
    (_lines(ROWS[2:]), [(0, "the file covers 2001-03 to 2001-12, the run needs 2001-01 to 2001-12")]),
    (_with(4, "2001,5,5", "2001,5,6"), [(7, "2001-05 is given twice, first in line 6")]),
    (
        _lines([*ROWS[:4], ROWS[5], ROWS[4], *ROWS[6:]]),
        [(7, "2001-05 comes after 2001-06; expected rows in order")],
    ),
    (_with(4, "2001,13,5"), [(6, "'13' is not a month")]),
    (_with(4, "two,5,5"), [(6, "'two' is not a year")]),
    (_with(4, "2001,5,5,5"), [(6, "4 cells in a table of 3 columns")]),
    (_with(4, "2001,5"), [(6, "2 cells in a table of 3 columns")]),
    (_with(4, "2001,5,1e999", "2001,5,7"), [(7, "given twice"), (6, "not a finite number")]),
    (
        "year,month,rian\n" + "\n".join(ROWS),
        [(0, "column 'rain' is not in the file; expected one of year, month")],
    ),
    ("year,month,rain,rain\n" + "\n".join(row + ",1" for row in ROWS), [(0, "column 'rain' stands twice")]),
    (
        "when,rain\n2001-01,1\n",
        [(0, "the file has no dates; expected a column 'date' (日期, 时间 or 年月), or 'year' (年)")],
    ),
    (
        "date,rain\n2001-13-01,1\n2001-02-30,1\nsoon,1\n",
        [(2, "is not a date"), (3, "is not a date"), (4, "'soon'")],
    ),
    ("year,month,rain\n", [(0, "the file has no rows")]),
    ("", [(0, "the file is empty")]),
]


@pytest.mark.parametrize(("text", "issues"), BROKEN, ids=range(len(BROKEN)))
def test_broken_series(tmp_path, text, issues):
    (tmp_path / "rain.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_series(RAIN, tmp_path, axis(12), "series.rain")
    assert [issue.line for issue in caught.value.issues] == [line for line, _ in issues]
    for issue, (_, fragment) in zip(caught.value.issues, issues, strict=True):
        assert fragment in str(issue)
        assert issue.file == str(tmp_path / "rain.csv")
        key = "" if issue.line else ".column" if fragment.startswith("column 'rain'") else ".file"
        assert issue.where == f"series.rain{key}"


def test_problems_outside_the_run_do_not_matter(tmp_path):
    (tmp_path / "rain.csv").write_text(_with(1, "2001,2,bad", "2001,3,"), encoding="utf-8")
    (tmp_path / "rain.csv").write_text(_with(1, "2001,2,bad"), encoding="utf-8")
    assert read_series(RAIN, tmp_path, axis(3, start="2001-06")).tolist() == [6, 7, 8]


@pytest.mark.parametrize(
    ("unit", "message"),
    [
        (None, "the units are missing; expected units of a depth of water, e.g. 'mm'"),
        ("m3/s", "'m3/s' is a flow rate; expected units such as 'mm'"),
        ("mmm", "unknown unit 'mmm'"),
        ("", "the unit is missing"),
    ],
)
def test_units_are_required_and_checked(tmp_path, unit, message):
    _monthly(tmp_path / "rain.csv", range(12))
    with pytest.raises(DataError) as caught:
        read_series(_column("rain.csv", "rain", "depth", unit), tmp_path, axis(12))
    [issue] = caught.value.issues
    assert message in str(issue)


def test_a_coarser_series_is_refused(tmp_path):
    _monthly(tmp_path / "rain.csv", range(12))
    with pytest.raises(DataError, match="the file has one value per month, the run needs one per dekad"):
        read_series(RAIN, tmp_path, axis(36, step="dekad"))


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("rain.csv", None, "there is no such file"),
        ("rain.xlsx", b"not a workbook", "cannot be read as a workbook"),
        ("rain.nc", b"not a netcdf", "cannot be read as NetCDF"),
        ("rain.parquet", b"not parquet", "cannot be read as Parquet"),
        ("rain.csv", b"year,month,rain\n2001,1,\xff\xff\xff\n", "not UTF-8 text"),
        ("rain.csv", b'year,month,rain\n2001,1,"' + b"9" * 200_000 + b'"\n', "not a table"),
    ],
)
def test_files_that_are_not_what_they_claim(tmp_path, name, data, message):
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match=message) as caught:
        read_series(_column(name, "rain", "depth", "mm"), tmp_path, axis(1))
    assert len(caught.value.issues) == 1


def test_a_directory_is_no_series(tmp_path):
    (tmp_path / "rain.csv").mkdir()
    with pytest.raises(DataError, match="this is a directory"):
        read_series(RAIN, tmp_path, axis(1))


def test_many_problems_are_cut_short(tmp_path):
    _monthly(tmp_path / "rain.csv", ["x"] * 120)
    with pytest.raises(DataError) as caught:
        read_series(RAIN, tmp_path, axis(120))
    assert len(caught.value.issues) == 51
    assert caught.value.issues[-1].message == "and 70 more"


def test_problems_of_several_series_are_raised_together(tmp_path):
    (tmp_path / "rain.csv").write_text(_with(4, "2001,5,x"), encoding="utf-8")
    specs = {
        "good": _column("rain.csv", "month", "depth", "mm"),
        "bad": RAIN,
        "none": _column("n.csv", "a", "rate"),
    }
    with pytest.raises(DataError) as caught:
        read_all(specs, tmp_path, axis(12))
    assert [issue.where for issue in caught.value.issues] == ["series.bad", "series.none.file"]


@pytest.mark.parametrize("gaps", ["refuse", {"fill": "interpolate", "longest": 1}])
def test_commas_in_numbers_are_told_once_for_a_column(tmp_path, gaps):
    cells = ["5", '"6,094"', "x", '"1,234,567.5"', '"0，5"', "7"]
    _monthly(tmp_path / "rain.csv", cells)
    with pytest.raises(DataError) as caught:
        read_series(
            RAIN.model_copy(update={"gaps": GapFill(**gaps) if gaps != "refuse" else gaps}), tmp_path, axis(6)
        )
    hint = "6,094: a comma is no decimal point; write 6.094 or 6094 (so in 3 rows of 'rain')"
    assert [(issue.line, issue.message) for issue in caught.value.issues] == [
        (3, hint),
        (4, "'x' is not a number"),
    ]


def test_a_file_that_changes_is_read_again(tmp_path):
    _monthly(tmp_path / "rain.csv", [1, 2])
    assert read_series(RAIN, tmp_path, axis(2)).tolist() == [1, 2]
    _monthly(tmp_path / "rain.csv", [30, 40])
    assert read_series(RAIN, tmp_path, axis(2)).tolist() == [30, 40]


LUOKOU = LognormalSeries(  # monthly flow of the Yellow River at Luokou 2002-2022
    kind="seasonal_lognormal",
    mu=[5.775, 5.586, 6.100, 6.184, 6.233, 6.797, 7.135, 6.643, 6.609, 6.546, 6.235, 5.947],
    sd=[0.555, 0.663, 0.469, 0.549, 0.655, 0.724, 0.659, 0.817, 0.819, 0.860, 0.613, 0.670],
    r=[0.95, 0.82, 0.77, 0.74, 0.87, 0.67, 0.68, 0.69, 0.51, 0.91, 0.89, 0.88],
    units="m3/s",
    seed=20210626,
)


def test_generated_flow_has_the_statistics_it_was_drawn_from():
    years = 4000
    logs = np.log(generate(LUOKOU, axis(12 * years, start="0001-01")) / 8.64).reshape(years, 12)
    standard = (logs - LUOKOU.mu) / LUOKOU.sd
    assert standard.mean(axis=0) == pytest.approx(np.zeros(12), abs=0.08)
    assert standard.std(axis=0) == pytest.approx(np.ones(12), abs=0.05)
    flat = standard.ravel()
    for month in range(12):
        now = flat[12 + month :: 12]
        before = flat[11 + month :: 12][: now.size]
        assert np.corrcoef(now, before)[0, 1] == pytest.approx(LUOKOU.r[month], abs=0.03)


def test_generated_flow_is_reproducible_and_differs_by_realization():
    first = generate(LUOKOU, axis(24))
    assert np.array_equal(first, generate(LUOKOU, axis(24)))
    assert np.array_equal(first, generate(LUOKOU, axis(48))[:24])
    assert not np.isclose(first, generate(LUOKOU, axis(24), realization=1)).any()


def test_days_and_dekads_have_the_rate_of_their_month():
    months = generate(LUOKOU, axis(12))
    run = axis(36, step="dekad")
    assert np.array_equal(generate(LUOKOU, run), np.repeat(months, 3))
    days = generate(LUOKOU, axis(365, step="day"))
    assert np.unique(days).size == 12


def test_generated_flow_is_a_series_like_any_other(tmp_path):
    read = read_all({"river": LUOKOU}, tmp_path, axis(24))
    assert np.array_equal(read["river"], generate(LUOKOU, axis(24)))
    wrong = LUOKOU.model_copy(update={"units": "mm"})
    with pytest.raises(DataError, match=r"series.river: 'mm' is a depth of water or a length"):
        read_all({"river": wrong}, tmp_path, axis(24))


def test_a_misspelt_file_name_gets_the_nearest(tmp_path):
    _monthly(tmp_path / "climate.csv", [1])
    with pytest.raises(DataError, match=r"there is no such file; did you mean 'climate.csv'"):
        read_series(_column("climte.csv", "rain", "depth", "mm"), tmp_path, axis(1))


@pytest.mark.needs_shared
@pytest.mark.parametrize("column", ["precip_mm", "et0_mm"])
def test_real_days_add_up_to_the_published_months(column):
    days = _column("jinan_climate_daily_1980_2018.csv", column, "depth", "mm")
    months = _column("jinan_climate_monthly_1980_2018.csv", column, "depth", "mm")
    run = axis(39 * 12, start="1980-01")
    summed = read_series(days, SHARED / "data", run)
    assert summed == pytest.approx(read_series(months, SHARED / "data", run), abs=0.16)
    assert summed.sum() / 39 == pytest.approx({"precip_mm": 619.9, "et0_mm": 943}[column], rel=0.002)


@pytest.mark.needs_shared
def test_real_gap_is_found():
    flow = _column("yellow_river_daily_2001_2022.csv", "q_luokou_m3s", "rate", "m3/s")
    with pytest.raises(DataError) as caught:
        read_series(flow, SHARED / "data", axis(12, start="2005-01"))
    [issue] = [issue for issue in caught.value.issues if "2005-12-31" in issue.message]
    assert "'q_luokou_m3s' has no value for 2005-04-26 to 2005-12-31" in issue.message
    lines = (SHARED / "data" / flow.file).read_text(encoding="utf-8").splitlines()
    assert lines[issue.line - 1].startswith("2005-04-26,")
