"""The record in another order, typical years, dry years, and the way from months to steps."""

from __future__ import annotations

import hashlib
import itertools
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from tests.conftest import ROOT
from tests.elementkit import problems
from tests.hydrologykit import DEPTH, RATE, SITES, config, hydrology, write_days, write_months
from waterbal import api
from waterbal.errors import DataError
from waterbal.hydrology.generator import seeds
from waterbal.hydrology.typical import typical_years

RUN = {"start": "2030-01", "end": "2059-12"}
FIRST, RECORD = 1981, 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Forty years of correlated months; each value occurs once."""
    path = tmp_path_factory.mktemp("record")
    rng = np.random.default_rng(12)
    flow = np.exp(rng.normal(size=12 * RECORD) + np.tile(np.sin(np.arange(12)), RECORD))
    rain = 40 * np.exp(0.5 * np.log(flow) + 0.5 * rng.normal(size=flow.size))
    write_months(path, FIRST, RECORD, flow=flow, rain=rain)
    return path


@pytest.fixture(scope="module")
def months(folder):
    """The same record: ndarray (month, site)."""
    lines = (folder / "record.csv").read_text().splitlines()[1:]
    return np.array([[float(cell) for cell in line.split(",")[2:]] for line in lines])


def rows_of(draw, months):
    """Find the rows of the record that a draw is made of, and that both sites come from the same ones."""
    rows = [
        np.array([np.flatnonzero(months[:, i] == v)[0] for v in draw[name]]) for i, name in enumerate(SITES)
    ]
    assert np.array_equal(rows[0], rows[1])
    return rows[0]


def resampled(folder, **more):
    return hydrology(folder, {"kind": "resampled", "sites": SITES, "seed": 3} | more, RUN)


# ---- blocks


def blocks_of(rows, length):
    """Cut rows into blocks of years; give the years of each, counted from the first of the record."""
    years = rows.reshape(-1, 12)
    assert np.array_equal(years, years[:, :1] + np.arange(12)) and not (years[:, 0] % 12).any()
    years = years[:, 0] // 12
    return [years[start : start + length] for start in range(0, years.size, length)]


@pytest.mark.parametrize("length", [1, 3, 7])
def test_blocks_are_years_in_a_row_on_a_circle(folder, months, length):
    """The circular block bootstrap (Politis and Romano 1992): after the last year comes the first.

    Moving blocks (Kuensch 1989), which end with the record, drew the years at its ends up to so many times less
    often as a block has years.
    """
    made = resampled(folder, block=length)
    assert made.size is None and made.fixed == {} and made.notes == ()
    wrapped = 0
    for k in range(20):
        for block in blocks_of(rows_of(made.draw(k), months), length):
            assert np.array_equal(block, (block[0] + np.arange(block.size)) % RECORD)
            wrapped += block[-1] < block[0]
    assert (wrapped > 0) == (length > 1)


def test_every_block_is_as_likely(folder, months):
    made = resampled(folder, block=3)
    starts = [rows_of(made.draw(k), months)[::36] // 12 for k in range(100)]
    count = np.bincount(np.concatenate(starts), minlength=RECORD)
    assert count.size == RECORD
    assert scipy.stats.chisquare(count).pvalue > 0.001


GAPS = {"incomplete_years": "leave_out"}


@pytest.fixture
def gaps(tmp_path, months):
    """The record with years that cannot be used: 10, 12 and 15, so that year 11 stands alone."""
    values = months.copy()
    values[[12 * 10 + 5, 12 * 12, 12 * 15 + 3], 0] = np.nan
    write_months(tmp_path, FIRST, RECORD, flow=values[:, 0], rain=values[:, 1])
    return tmp_path, np.array(sorted(set(range(RECORD)) - {10, 12, 15}))


@pytest.mark.parametrize("length", [1, 2, 3, 5, 13])
def test_every_year_is_in_as_many_blocks(folder, months, gaps, length):
    """Exactly, by all starts: each year that can be used is in as many blocks as a block has years."""
    for made, usable in (
        (resampled(folder, block=length), np.arange(RECORD)),
        (resampled(gaps[0], block=length, **GAPS), gaps[1]),
    ):
        order = made.sampler.order
        rows = order.rows_from(np.arange(usable.size))
        used = np.bincount(rows // 12, minlength=RECORD)
        assert used[usable].tolist() == [12 * length] * usable.size
        assert used.sum() == 12 * length * usable.size
        for block in blocks_of(rows, length):
            place = int(np.flatnonzero(usable == block[0])[0])
            assert np.array_equal(block, usable[(place + np.arange(length)) % usable.size])


def test_means_of_many_realizations_are_those_of_the_record(folder, months):
    """Each year of a run is each year of the record equally likely; the error is that of so many blocks."""
    made = resampled(folder, block=7)
    drawn = made.draw_many(0, 1500)["rain"].reshape(1500, 30, 12).sum(axis=2)
    total = months[:, 1].reshape(RECORD, 12).sum(axis=1)
    error = drawn.mean(axis=1).std() / np.sqrt(1500)
    assert drawn.mean() == pytest.approx(total.mean(), abs=3.5 * error)
    moving = np.array([total[first : first + 7].mean() for first in range(RECORD - 6)]).mean()
    assert abs(moving - total.mean()) > 2 * error  # what blocks that end with the record would give


def test_blocks_need_so_many_years_in_a_row(tmp_path, months, gaps):
    with pytest.raises(DataError, match=r"24 complete years in a row"):
        resampled(gaps[0], block=25, **GAPS)
    with pytest.raises(DataError, match=r"1991 \(1 of flow\)"):
        resampled(gaps[0], block=4)


@pytest.mark.parametrize(
    ("years", "length", "told"),
    [
        (30, 13, ""),
        (30, 14, "are alike"),
        (10, 20, "blocks of 20 years are more than a third of the 40 years of the record: realizations are alike, "
         "at most 40 of them differ"),
        (30, 40, "at most 40 of them differ, a block is the record begun with another year"),
    ],
)  # fmt: skip
def test_blocks_so_long_that_realizations_are_alike_are_told(folder, months, years, length, told):
    run = {"start": "2030-01", "end": f"{2029 + years}-12"}
    spec = {"kind": "resampled", "sites": SITES, "seed": 3, "block": length}
    made = hydrology(folder, spec, run)
    assert [told in note for note in made.notes] == [True] * bool(told)
    if "at most" in told:
        assert len({made.draw(k)["flow"].tobytes() for k in range(400)}) == 40


# ---- how unequally nearest neighbours draw


@pytest.mark.parametrize("unit", ["year", "month"])
def test_unequal_use_is_told_as_it_is_drawn(tmp_path, unit):
    """What the note says without drawing is what 1,000 realizations come to."""
    rng = np.random.default_rng(5)
    total = np.array([9, 1, 8, 2, 3, 7, 6, 4, 5, 12], float)[:, None] * np.ones(12)
    flow = (total * np.exp(0.1 * rng.normal(size=total.shape))).ravel()
    write_months(tmp_path, 2001, 10, flow=flow, rain=np.full(120, 7.0) + np.arange(120) / 1e3)
    run = {"start": "2030-01", "end": "2039-12"}
    spec = {"kind": "resampled", "sites": SITES, "seed": 3, "method": "nearest", "unit": unit}
    made = hydrology(tmp_path, spec, run)
    drawn = made.draw_many(0, 1000)["flow"]
    days = np.array([31, 28.2425, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) / 365.2425
    mean = float((drawn.reshape(-1, 12) @ days).mean() / (flow.reshape(-1, 12) @ days).mean())
    years = np.searchsorted(np.sort(flow), drawn.ravel())
    use = np.bincount(np.argsort(flow)[years] // 12, minlength=10) / (drawn.size / 10)
    (note,) = made.notes
    low, high, change = re.search(
        r"unequally: ([\d.]+) to ([\d.]+) times.*: flow ([+-][\d.]+)%", note
    ).groups()
    assert float(low) == pytest.approx(use.min(), abs=0.03)
    assert float(high) == pytest.approx(use.max(), abs=0.06)
    assert float(change) == pytest.approx(100.0 * (mean - 1.0), abs=1.0)
    assert abs(float(change)) > 2.0 and "rain" not in note
    assert re.search(r"为平均的 [\d.]+ 至 [\d.]+ 倍；期望的多年平均与实测不同：flow", note.zh)


# ---- nearest neighbours


def nearest(features, candidates, state, count):
    """Candidates by distance, by hand."""
    ordered = sorted(candidates, key=lambda c: (np.hypot(*(features[c] - features[state])), c))
    return ordered[:count]


def test_months_follow_neighbours_of_the_month_before(folder, months):
    made = resampled(folder, method="nearest", neighbours=4)
    features = months.copy()
    for month in range(12):
        part = features[month::12]
        features[month::12] = (part - part.mean(axis=0)) / part.std(axis=0)
    order = np.zeros(4)
    for k in range(8):
        rows = rows_of(made.draw(k), months)
        for before, now in itertools.pairwise(rows):
            candidates = range(before % 12, 12 * RECORD - 1, 12)
            known = nearest(features, candidates, before, 4)
            assert now - 1 in known
            order[known.index(now - 1)] += 1
    expected = order.sum() * (1 / np.arange(1, 5)) / (1 / np.arange(1, 5)).sum()
    assert scipy.stats.chisquare(order, expected).pvalue > 0.001


def test_years_follow_neighbours_of_the_year_before(folder, months):
    made = resampled(folder, method="nearest", unit="year")
    days = np.array([31, 28.2425, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    totals = np.stack([months[:, 0].reshape(-1, 12) @ days, months[:, 1].reshape(-1, 12).sum(axis=1)], axis=1)
    features = (totals - totals.mean(axis=0)) / totals.std(axis=0)
    for k in range(8):
        rows = rows_of(made.draw(k), months)
        years = rows[::12] // 12
        assert np.array_equal(rows, (years[:, None] * 12 + np.arange(12)).ravel())
        for before, now in itertools.pairwise(years):
            assert now - 1 in nearest(features, range(RECORD - 1), before, 6)


def test_more_neighbours_than_years_are_refused(folder):
    with pytest.raises(DataError, match="but 39 years of the record are followed by another"):
        resampled(folder, method="nearest", neighbours=40)


# ---- common random numbers


GENERATED = {"kind": "generated", "sites": SITES, "seed": 11}
KINDS = [
    GENERATED,
    {"kind": "resampled", "sites": SITES, "seed": 11},
    {"kind": "resampled", "sites": SITES, "seed": 11, "method": "nearest"},
    {"kind": "observed", "sites": SITES, "rotate": True},
    {"kind": "typical_years", "sites": SITES, "index": "flow", "probabilities": [0.5, 0.75, 0.95]},
]


@pytest.mark.parametrize("spec", KINDS, ids=lambda spec: spec["kind"] + spec.get("method", ""))
def test_factors_multiply_the_same_draw(folder, spec):
    plain = hydrology(folder, spec, RUN)
    warm = hydrology(folder, spec | {"delta": {"rain": 0.9, "flow": [1.0, *[0.8] * 11]}}, RUN)
    for k in (2, 0):
        assert np.array_equal(warm.draw(k)["rain"], plain.draw(k)["rain"] * 0.9)
        assert np.array_equal(warm.draw(k)["flow"], plain.draw(k)["flow"] * np.tile([1.0, *[0.8] * 11], 30))
    assert np.array_equal(warm.planning()["rain"], plain.planning()["rain"] * 0.9)
    assert np.array_equal(warm.reference()["rain"], plain.reference()["rain"])
    many = plain.draw_many(0, 3)
    for k in range(3):
        assert all(np.array_equal(many[name][k], plain.draw(k)[name]) for name in SITES)


@pytest.mark.parametrize("spec", KINDS[:3], ids=lambda spec: spec["kind"] + spec.get("method", ""))
def test_the_planner_s_samples_are_about_200_years_of_their_own(folder, spec):
    made = hydrology(folder, spec, RUN)
    planned = made.planning()["flow"]
    assert planned.shape == (7, 360)
    draws = made.draw_many(0, 7)["flow"]
    assert not any(np.array_equal(sample, draw) for sample in planned for draw in draws)
    assert np.array_equal(planned, made.planning()["flow"])


@pytest.mark.parametrize("spec", KINDS, ids=lambda spec: spec["kind"] + spec.get("method", ""))
def test_what_a_scenario_does_to_its_series_does_not_reach_the_next(folder, spec):
    """Draws are kept for the next scenario of a block; each gets its own copy."""
    made = hydrology(folder, spec, RUN)
    first = made.draw_many(0, 3)
    kept = {name: values.copy() for name, values in first.items()}
    planned = made.planning()["flow"].copy()
    for values in [*first.values(), *made.planning().values()]:
        values[:] = -1.0
    again = made.draw_many(0, 3)
    assert all(np.array_equal(again[name], kept[name]) for name in SITES)
    assert np.array_equal(made.planning()["flow"], planned)


def test_another_process_draws_the_same_bits(folder):
    made = hydrology(folder, GENERATED, RUN)
    made.draw(0)
    here = hashlib.sha256(made.draw(5)["flow"].tobytes()).hexdigest()
    code = (
        "import hashlib, pathlib; from tests.hydrologykit import hydrology\n"
        f"made = hydrology(pathlib.Path({str(folder)!r}), {GENERATED!r}, {RUN!r})\n"
        "print(hashlib.sha256(made.draw_many(4, 6)['flow'][1].tobytes()).hexdigest())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == here


def test_seeds_and_streams_do_not_meet():
    """Trailing zeros and numbers above 32 bits are told apart."""
    drawn = {
        np.random.default_rng(seeds(seed, stream, [k])[0]).random()
        for seed in (0, 1, 2**32, 2**32 + 1)
        for stream in (0, 1, 2)
        for k in (0, 1, 2**32)
    }
    assert len(drawn) == 4 * 3 * 3


# ---- what it means for supply

ROTATED = ROOT / "configs" / "library" / "rotated_record.yaml"


@pytest.mark.parametrize(
    ("spec", "realization", "share", "short"),
    [
        ("", 0, 0.955, 7),
        ("", 3, 0.981, 3),
        ("{kind: typical_years, sites: [rain, et0], index: rain, probabilities: [0.95]}", 0, 0.385, 38),
        (
            "{kind: observed, sites: [rain, et0], dry_years: {index: rain, years: 3, from: 1990}}",
            0,
            0.926,
            10,
        ),
    ],
    ids=["record", "begun with 1983", "typical", "dry years"],
)
def test_the_order_of_the_years_decides_what_a_store_can_do(spec, realization, share, short):
    case = api.load(ROTATED, [f"hydrology={spec}"] if spec else [], realization)
    result = case.run()
    year = case.rows().axis.year - 1980
    supply = np.bincount(year, result["water_supply"].values[0, 0, 0])
    need = np.bincount(year, result["water_demand"].values[0, 0, 0])
    assert supply.sum() / need.sum() == pytest.approx(share, abs=6e-4)
    assert (supply < need * (1 - 1e-6)).sum() == short


# ---- typical years


def test_typical_years_are_those_of_the_frequency_analysis(folder, months):
    spec = KINDS[4]
    made = hydrology(folder, spec, {"start": "2030-05", "end": "2033-04"})
    assert made.size == 3
    tables = {name: months[:, i].reshape(-1, 12) for i, name in enumerate(SITES)}
    choice = typical_years(tables, FIRST, {"flow": True, "rain": False}, "flow", [0.5, 0.75, 0.95])
    labels = made.labels(3)
    assert labels["hydrology_probability"].tolist() == [0.5, 0.75, 0.95]
    for k, year in enumerate(choice.years):
        assert labels["hydrology_year"][k] == year.year
        expected = tables["rain"][year.year - FIRST] * year.factors["rain"]
        assert np.array_equal(made.draw(k)["rain"], np.tile(np.roll(expected, -4), 3))
    totals = [made.draw(k)["flow"].sum() for k in range(3)]
    assert totals == sorted(totals, reverse=True)
    assert made.planning()["flow"].shape == (RECORD - 1, 36)  # years from May on, each the first once


# ---- dry years


def test_the_driest_years_of_the_record_are_in_every_realization(folder, months):
    spec = {"kind": "resampled", "sites": SITES, "seed": 5}
    dry = {"index": "flow", "years": 3, "from": 2040}
    plain, made = hydrology(folder, spec, RUN), hydrology(folder, spec | {"dry_years": dry}, RUN)
    days = np.array([31, 28.2425, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    totals = months[:, 0].reshape(-1, 12) @ days
    start = int(np.argmin([totals[y : y + 3].sum() for y in range(RECORD - 2)]))
    for k in (0, 4):
        draw, before = made.draw(k), plain.draw(k)
        for index, name in enumerate(SITES):
            assert np.array_equal(draw[name][120:156], months[12 * start : 12 * start + 36, index])
            assert np.array_equal(draw[name][:120], before[name][:120])
            assert np.array_equal(draw[name][156:], before[name][156:])
    assert np.array_equal(made.planning()["flow"], plain.planning()["flow"])


def test_dry_years_of_a_stated_rarity_come_from_the_generator(folder):
    dry = {"index": "flow", "years": 2, "from": 2031, "probability": 0.9}
    made = hydrology(folder, GENERATED | {"dry_years": dry, "delta": {"flow": 0.5}}, RUN)
    plain = hydrology(folder, GENERATED, RUN)
    draws = made.draw_many(0, 4)["flow"]
    assert all(np.array_equal(draw[12:36], draws[0][12:36]) for draw in draws)
    assert np.array_equal(draws[:, 36:], plain.draw_many(0, 4)["flow"][:, 36:] * 0.5)
    days = np.array([31, 28.2425, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    years = plain.draw_many(0, 200)["flow"].reshape(200, 30, 12) @ days
    pairs = (years[:, 1:] + years[:, :-1]).ravel()
    total = (draws[0][12:36].reshape(2, 12) @ days).sum() * 2
    assert (pairs > total).mean() == pytest.approx(0.9, abs=0.05)


def test_dry_years_replace_those_of_the_record(folder, months):
    spec = {"kind": "observed", "sites": SITES, "dry_years": {"index": "rain", "years": 1, "from": 1990}}
    made = hydrology(folder, spec, {"start": "1981-01", "end": "2020-12"})
    driest = int(np.argmin(months[:, 1].reshape(-1, 12).sum(axis=1)))
    assert np.array_equal(made.fixed["rain"][108:120], months[12 * driest : 12 * driest + 12, 1])
    assert np.array_equal(made.fixed["rain"][120:], months[120:, 1])
    assert np.array_equal(made.planning()["rain"][0], months[:, 1])


def test_dry_years_are_told_with_their_source_and_rarity(folder, months):
    run = {"start": "1981-01", "end": "2020-12"}
    sums = months[:, 1].reshape(-1, 12).sum(axis=1)
    pairs = sums[1:] + sums[:-1]
    first = FIRST + int(pairs.argmin())
    observed = {"kind": "observed", "sites": SITES}
    made = hydrology(folder, observed | {"dry_years": {"index": "rain", "years": 2, "from": 1990}}, run)
    exceedance = 100.0 * 39 / 40
    assert made.notes[-1] == (
        f"dry years are put into 1990-1991 of the run: {first}-{first + 1} of the record (the least rain of 39 runs "
        f"of 2 years, P = {exceedance:.1f}%), the same in every realization"
    )
    assert f"模拟期 1990-1991 年置入枯水年：实测的 {first}-{first + 1} 年" in made.notes[-1].zh
    spec = {"kind": "resampled", "sites": SITES, "seed": 5}
    dry = {"index": "rain", "years": 1, "from": 2040, "probability": 0.75}
    (note,) = hydrology(folder, spec | {"dry_years": dry}, RUN).notes
    rank = round(0.75 * 41)
    year = FIRST + int(np.argsort(-sums)[rank - 1])
    assert f"put into 2040 of the run: {year} of the record (P = {100 * rank / 41:.1f}% of" in note
    dry = {"index": "flow", "years": 2, "from": 2031, "probability": 0.9}
    note = hydrology(folder, GENERATED | {"dry_years": dry}, RUN).notes[0]
    assert (
        "put into 2031-2032 of the run: 2 drawn years (P = 90.0% of the total of flow among 999 runs" in note
    )
    assert not hydrology(folder, observed, run).notes


@pytest.mark.parametrize(
    ("dry", "message"),
    [
        ({"index": "flow", "years": 3, "from": 2058}, "3 dry years from 2058 are not in the run"),
        ({"index": "flow", "years": 3, "from": 2029}, "3 dry years from 2029 are not in the run"),
        ({"index": "flaw", "years": 3, "from": 2040}, "'flaw' is not a site"),
    ],
)
def test_dry_years_that_do_not_fit_are_refused(dry, message):
    spec = {"kind": "resampled", "sites": SITES, "seed": 5, "dry_years": dry}
    assert message in problems(**config(spec, RUN))[0][1]


# ---- steps


@pytest.fixture(scope="module")
def daily(tmp_path_factory):
    """Twelve years of days."""
    path = tmp_path_factory.mktemp("daily")
    rng = np.random.default_rng(8)
    size = 12 * 365 + 3
    flow = 10 + 5 * np.sin(np.arange(size) / 58.1) + rng.gamma(2.0, 2.0, size)
    rain = np.where(rng.random(size) < 0.2, rng.exponential(8.0, size), 0.0)
    write_days(path, "2001-01-01", "2012-12-31", flow=flow, rain=rain)
    return path


def by_month(series, axis, rate):
    """Sum or average steps over months, by hand."""
    labels = axis.year * 12 + axis.month
    weight = axis.days if rate else np.ones(axis.size)
    months = [labels == label for label in np.unique(labels)]
    return np.array([(series[m] * weight[m]).sum() / (weight[m].sum() if rate else 1.0) for m in months])


DRY = {"dry_years": {"index": "flow", "years": 2, "from": 2032, "probability": 0.8}}


@pytest.mark.parametrize("step", ["dekad", "day"])
@pytest.mark.parametrize(
    "spec",
    [*KINDS[:2], KINDS[2], KINDS[4], GENERATED | DRY, KINDS[3] | DRY],
    ids=["generated", "blocks", "nearest", "typical", "generated with dry years", "rotated with dry years"],
)
def test_steps_add_up_to_the_months_of_the_same_realization(daily, spec, step):
    time = {"start": "2031-01", "end": "2034-12"}
    monthly = hydrology(daily, spec, time).draw(2)
    made = hydrology(daily, spec, time | {"step": step})
    finer = made.draw(2)
    for name in SITES:
        assert finer[name].size == made.axis.size
        assert np.allclose(by_month(finer[name], made.axis, name == "flow"), monthly[name], rtol=1e-12)


def test_days_of_drawn_months_are_the_course_of_the_month_most_alike(daily):
    time = {"start": "2031-01", "end": "2034-12", "step": "day"}
    made = hydrology(daily, GENERATED, time)
    draw = made.draw(1)
    lines = (daily / "record.csv").read_text().splitlines()[1:]
    record = {"flow": np.array([float(line.split(",")[1]) for line in lines])}
    record["rain"] = np.array([float(line.split(",")[2]) for line in lines])
    dates = np.array([line[:10] for line in lines], "datetime64[D]")
    label = dates.astype("datetime64[M]")
    ours = made.axis.start.astype("datetime64[M]")
    for month in np.unique(ours)[[0, 5, 11, 30]]:
        here = ours == month
        alike = [m for m in np.unique(label) if int(str(m)[5:]) == int(str(month)[5:])]
        table = np.array(
            [[record["flow"][label == m].mean(), record["rain"][label == m].sum()] for m in alike]
        )
        wanted = np.array([draw["flow"][here].mean(), draw["rain"][here].sum()])
        donor = alike[int((((table - wanted) / table.std(axis=0)) ** 2).sum(axis=1).argmin())]
        for name in SITES:
            theirs = record[name][label == donor][: here.sum()]
            assert np.allclose(draw[name][here] * theirs.sum(), theirs * draw[name][here].sum(), rtol=1e-9)


def test_months_without_days_are_spread_evenly(folder):
    time = {"start": "2031-01", "end": "2031-12", "step": "day"}
    made = hydrology(folder, KINDS[1], time)
    draw = made.draw(0)
    february = made.axis.month == 2
    assert np.ptp(draw["flow"][february]) == 0.0
    assert np.ptp(draw["rain"][february]) < 1e-12
    monthly = hydrology(folder, KINDS[1], {"start": "2031-01", "end": "2031-12"}).draw(0)
    assert draw["rain"][february].sum() == pytest.approx(monthly["rain"][1], rel=1e-12)


# ---- refusals


def test_a_record_too_short_to_fit_is_refused_with_every_month(tmp_path: Path):
    write_months(tmp_path, 2001, 6, flow=np.arange(72.0) + 1, rain=np.arange(72.0) % 5)
    with pytest.raises(DataError) as caught:
        hydrology(tmp_path, GENERATED, {"start": "2001-01", "end": "2002-12"})
    assert len(caught.value.issues) == 24
    assert "month 1 of 'flow' has 6 values; expected at least 8 years" in str(caught.value.issues[0])


def test_a_month_without_variation_is_refused(tmp_path: Path):
    values = np.tile(np.arange(12.0), 10) + np.repeat(np.arange(10.0), 12)
    values[6::12] = 3.0
    write_months(tmp_path, 2001, 10, flow=values, rain=values)
    with pytest.raises(DataError, match="month 7 of 'flow' has no variation"):
        hydrology(tmp_path, GENERATED | {"sites": ["flow"]}, RUN, flow=RATE)


def test_each_site_can_have_its_own_distribution(folder):
    spec = GENERATED | {"margin": {"flow": "lognormal"}}
    margins = hydrology(folder, spec, RUN).sampler.generator.margins
    assert margins[0].spread is not None and margins[1].spread is None
    found = problems(**config(GENERATED | {"margin": {"flaw": "lognormal"}}, RUN))
    assert found[0][0] == "hydrology.margin.flaw"


def test_statistics_of_another_site_or_kind_are_refused():
    from waterbal.model.fitted_file import read_fitted

    fitted = read_fitted(ROOT / "configs" / "jinan" / "hydrology.yaml").model_dump(mode="json")
    spec = {"kind": "generated", "sites": ["rain", "lukou"], "seed": 1, "fitted": fitted}
    found = problems(**config(spec, RUN, flow=RATE, lukou=RATE, rain=RATE | {"column": "rain"}))
    assert found[0][1:] == ("series 'rain' is of kind 'rate', 'fitted' says 'depth'", "the same kind", "")
    assert found[1][1] == "'fitted' has no statistics of 'lukou'"
    assert found[1][3] == "luokou"
    dry = {"index": "rain", "years": 2, "from": 2040}
    found = problems(**config(spec | {"sites": ["rain"], "dry_years": dry}, RUN, flow=RATE, rain=DEPTH))
    assert "statistics have no driest years" in found[0][1]
