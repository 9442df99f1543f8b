"""What quotas and works are charged with for a project that loses water on the way, in cases worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests import admissionkit as kit
from waterbal.capacity.admission import admit
from waterbal.capacity.admission_terms import Test as Judged

YEAR = 365.25
"""[1e4 m3/yr] of 1 [1e4 m3/d]; also what the project needs."""
WORKS = "capacity: 9 万m3/d, own_use: 0}"
PERMIT = "volume: 3650 万m3/yr"
BIG = dict.fromkeys(range(2001, 2021), 100.0)


def judged(
    folder: Path,
    *changes: tuple[str, str],
    flows: dict[int, float] = BIG,
    realizations: int | None = None,
    **project: Any,
) -> dict[str, Judged]:
    """Judge a project in the small town with changes of its model."""
    text = kit.MODEL
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = kit.write_model(folder, text, flows)
    found = admit(
        path,
        [kit.project(folder, **project)],
        commitments=kit.office(folder),
        seek=False,
        realizations=realizations,
    )
    return {test.id: test for test in found.verdicts[0].tests}


def test_a_quota_of_a_plant_counts_what_the_plant_gives(tmp_path: Path) -> None:
    """The plant may give half of what it takes in; its quota counts the half."""
    tests = judged(
        tmp_path, ("recovery: 1, use_rate: 1}", "recovery: 0.8, use_rate: 0.5}"), ("share: 0.4", "share: 0.9"),
        ("quotas: {permit: {of: [river], " + PERMIT, "quotas: {reuse: {of: [plant], volume: 400 万m3/yr"),
        feeds=[{"from": "plant", "grade": "reclaimed"}],
    )  # fmt: skip
    assert tests["caps"].evidence[0].value == pytest.approx(YEAR, rel=1e-6)
    assert tests["caps"].status == "pass"


def test_a_saving_frees_works_with_what_it_no_longer_loses(tmp_path: Path) -> None:
    """Works that use a tenth are full with the 5 of homes, which save a little more than the project needs."""
    tests = judged(
        tmp_path, (WORKS, "capacity: 5.5556 万m3/d, own_use: 0.1}"), (PERMIT, "volume: 36500 万m3/yr"),
        offset={"demand": "homes", "annual": "380 万m3/yr"},
    )  # fmt: skip
    saved = 380 / YEAR
    assert tests["peak"].evidence[0].value == pytest.approx((5.0 - saved + 1.0) / 0.9, rel=1e-3)
    assert tests["peak"].status == "pass"


@pytest.mark.parametrize("loss", [0.0, 0.1, 0.3])
@pytest.mark.parametrize("own", [0.0, 0.1])
def test_a_project_that_takes_what_it_saves_fits_whatever_is_lost(
    tmp_path: Path, loss: float, own: float
) -> None:
    """Farms take in December what is left of the permit, by a canal that loses water."""
    tests = judged(
        tmp_path, (WORKS, f"capacity: 90 万m3/d, own_use: {own}}}"),
        ("canal: {from: river, to: farms}", f"canal: {{from: river, to: farms, loss: {loss}}}"),
        ("need: 3 万m3/d", "need: {annual: 1000 万m3/yr, profile: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12]}"),
        (PERMIT, f"volume: {5.0 / (1.0 - own) * YEAR + 600.0} 万m3/yr"),
        offset={"demand": "homes", "annual": f"{YEAR} 万m3/yr"},
    )  # fmt: skip
    assert tests["caps"].status == "pass"
    assert tests["caps"].evidence[1].value == pytest.approx(YEAR / (1.0 - own), rel=1e-3)


def test_a_pipe_that_is_not_yet_built_is_no_way(tmp_path: Path) -> None:
    """The pipe that there is loses half; a better one comes in 2040."""
    pipe = "river_works: {from: river, to: works}"
    lossy = pipe[:-1] + ", loss: 0.5}"
    later = lossy + "\n  new: {from: river, to: works, from_year: 2040}"
    room = (WORKS, "capacity: 90 万m3/d, own_use: 0}"), (PERMIT, f"volume: {14.1 * YEAR} 万m3/yr")
    found = [judged(tmp_path, (pipe, way), *room)["caps"] for way in (lossy, later)]
    assert found[0].evidence[0].value == pytest.approx((10.0 + 3.0 + 2.0) * YEAR, rel=1e-3)
    assert found[0] == found[1] and found[0].status == "fail"


def test_records_that_are_all_alike_are_counted_once(tmp_path: Path) -> None:
    """No number of the model depends on the drawn series: one record stands for all."""
    changes = (
        ("runoff: {series: river}", "runoff: 10 万m3/d"), (PERMIT, "volume: 36500 万m3/yr"),
        ("grades:", "hydrology: {kind: observed, sites: [river], rotate: true}\ngrades:"),
        (WORKS, "capacity: 90 万m3/d, own_use: 0}"),
    )  # fmt: skip
    one, four = (judged(tmp_path, *changes, realizations=n)["caps"].evidence[0] for n in (1, 4))
    assert (four.value, four.before) == (pytest.approx(one.value), pytest.approx(one.before))
    assert one.before == pytest.approx(8.0 * YEAR, rel=1e-3)


def test_a_loss_of_zero_is_no_loss(tmp_path: Path) -> None:
    feeds = [{"from": "works", "grade": "fresh", "loss": 0}]
    assert judged(tmp_path, feeds=feeds)["norm"].status == "pass"


@pytest.mark.parametrize("loss", [0.0, 0.2])
def test_water_counts_at_each_member_that_it_passes(tmp_path: Path, loss: float) -> None:
    """A permit counts the river and the pipe out of it, which loses water: 1 + 1 / (1 - loss) of what arrives."""
    pipe = "river_works: {from: river, to: works}"
    tests = judged(
        tmp_path, (pipe, pipe[:-1] + f", loss: {loss}}}"), (WORKS, "capacity: 90 万m3/d, own_use: 0}"),
        ("of: [river], " + PERMIT, "of: [river, river_works], volume: 36500 万m3/yr"),
    )  # fmt: skip
    expected = 2.0 / (1.0 - loss) * 6.0 + 3.0
    assert tests["caps"].evidence[0].value == pytest.approx(expected * YEAR, rel=1e-3)


LAKE = """
stores:
  lake: {type: reservoir, zone: land, grade: fresh, capacity: 350 万m3, dead: 0 万m3,
    shape: {full_area: 1.0 km2, exponent: 0.1}, initial_share: 0.9, evaporation_factor: 0, seepage: 0 mm/d,
    rain_on_surface: false}
links:
  river_lake: {from: river, to: lake, months: [1, 2, 3, 4, 5, 6]}
"""


def test_a_canal_that_fills_a_lake_half_the_year_counts_what_is_drawn_all_the_year(tmp_path: Path) -> None:
    (tmp_path / "dry.csv").write_text(
        "date,mm\n" + "".join(f"{y}-{m:02d},0\n" for y in range(2001, 2021) for m in range(1, 13)), "utf-8"
    )
    sky = "{file: dry.csv, column: mm, units: mm, kind: depth}"
    tests = judged(
        tmp_path, ("\nlinks:\n", LAKE), ("series: {", f"series: {{sky: {sky}, "),
        ("grades: [", "climate: {rain: sky, et0: sky}\ngrades: ["),
        ("of: [river], " + PERMIT, "of: [river_lake], volume: 300 万m3/yr"),
        feeds=[{"from": "lake", "grade": "fresh"}],
    )  # fmt: skip
    drawn = tests["caps"].evidence[0]
    assert drawn.value == pytest.approx(
        YEAR, rel=1e-6
    )  # before it the lake was filled once, from what is drawn now
    assert tests["caps"].status == "fail"


def test_a_pipe_that_is_closed_does_not_carry_the_need_of_its_months(tmp_path: Path) -> None:
    """The permit of the one pipe would do for the months in which it is open."""
    pipe = "river_second: {from: river, to: second, capacity: 2 万m3/d, months: [1, 2, 3, 4, 5, 6]}"
    tests = judged(
        tmp_path, ("works:\n", "works:\n  second: {type: treatment, zone: town, grade: fresh, " + WORKS + "\n"),
        ("links:\n", f"links:\n  {pipe}\n"), ("of: [river], " + PERMIT, "of: [river_second], volume: 300 万m3/yr"),
        feeds=[{"from": "second", "grade": "fresh"}],
    )  # fmt: skip
    assert tests["caps"].evidence[0].value == pytest.approx(YEAR, rel=1e-3)
    assert (tests["caps"].status, tests["peak"].status) == ("fail", "fail")


LATER = "capacity: {2025: 0 万m3/d, 2029: 0 万m3/d, 2030: 9 万m3/d}"


def test_works_of_a_later_stage_are_no_way(tmp_path: Path) -> None:
    """The pipe that there is loses half; the way through works of 2030 loses nothing."""
    new = "new: {type: treatment, zone: town, grade: fresh, " + LATER + ", own_use: 0}"
    tests = judged(
        tmp_path, ("river_works: {from: river, to: works}", "river_works: {from: river, to: works, loss: 0.5}"),
        (WORKS, "capacity: 90 万m3/d, own_use: 0}\n  " + new), (PERMIT, f"volume: {14.1 * YEAR} 万m3/yr"),
        ("  main:", "  river_new: {from: river, to: new}\n  new_works: {from: new, to: works}\n  main:"),
    )  # fmt: skip
    assert tests["caps"].evidence[0].value == pytest.approx((10.0 + 3.0 + 2.0) * YEAR, rel=1e-3)


def test_a_source_of_a_later_stage_is_none(tmp_path: Path) -> None:
    """The intake that there is loses half by settling; the one of 2030 loses nothing."""
    river = "river: {type: catchment, zone: land, grade: fresh, runoff: {series: river}}"
    intake = "{type: river_intake, zone: land, grade: fresh, "
    tests = judged(
        tmp_path, (river, f"river: {intake}capacity: 100 万m3/d, settling_loss: 0.5}}\n  second: {intake}{LATER}, "
        "settling_loss: 0}"), (WORKS, "capacity: 90 万m3/d, own_use: 0}"),
        ("of: [river], " + PERMIT, f"of: [river, second], volume: {17 * YEAR} 万m3/yr"),
        ("  main:", "  second_works: {from: second, to: works}\n  main:"),
    )  # fmt: skip
    assert tests["caps"].evidence[0].value == pytest.approx((10.0 + 6.0 + 2.0) * YEAR, rel=1e-3)


def test_copies_of_a_record_support_no_higher_guarantee(tmp_path: Path) -> None:
    """20 years, 4 of them dry, are enough for no 90 %, however often they are taken."""
    changes = (
        ("runoff: {series: river}", "runoff: {series: own}"), (PERMIT, "volume: 36500 万m3/yr"),
        ("series: {", "series: {own: {file: river.csv, column: river, units: 1e4 m3/d, kind: rate}, "),
        ("grades:", "hydrology: {kind: observed, sites: [river], rotate: true}\ngrades:"),
        (WORKS, "capacity: 90 万m3/d, own_use: 0}"),
    )  # fmt: skip
    flows = BIG | dict.fromkeys((2003, 2007, 2010, 2014), 6.0)
    for realizations in (1, 4):
        tests = judged(
            tmp_path, *changes, flows=flows, realizations=realizations, guarantee=0.9, served_with="farms",
            annual="730.5 万m3/yr", value_added="500 亿元",
        )  # fmt: skip
        own = next(e for e in tests["hydrology"].evidence if e.limit == 0.9)
        assert own.met is False and own.value == pytest.approx(16.0 / 21.0)
