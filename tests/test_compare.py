"""Two results side by side: what went in and what came out, against numbers taken from the files by other means."""

from __future__ import annotations

import json
from pathlib import Path

import netCDF4
import pytest
from rich.console import Console
from typer.testing import CliRunner

from tests import citykit
from waterbal import api
from waterbal.cli.main import app
from waterbal.errors import DataError, UsageError
from waterbal.report import compare, compare_print
from waterbal.report.compare_words import value_text
from waterbal.results import netcdf

LIBRARY = Path(__file__).parent.parent / "configs" / "library"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("pair")
    netcdf.write(api.load(LIBRARY / "shared_trunk.yaml").run(), folder / "a.nc")
    changed = api.load(LIBRARY / "shared_trunk.yaml", ["links.trunk.capacity=7 万m3/d"])
    netcdf.write(changed.run(), folder / "b.nc")
    return folder / "a.nc", folder / "b.nc"


def test_inputs_come_with_path_and_units(pair: tuple[Path, Path]) -> None:
    found = compare.files(*pair)
    assert not found.identical
    assert {"path": "links.trunk.capacity", "first": "6 万m3/d", "second": "7 万m3/d"} in found.inputs
    assert {line["path"].split(".")[0] for line in found.inputs} == {"links", "--set"}


def test_results_are_those_of_the_files(pair: tuple[Path, Path]) -> None:
    yearly = []
    for path in pair:
        with netCDF4.Dataset(path) as file:
            years = file["water_supply"].shape[-1] / 12  # months of complete calendar years
            yearly.append(float(file["water_supply"][0, 0].sum()) / years)
    line = next(
        line for line in compare.files(*pair).results if (line["group"], line["measure"]) == ("all", "supply")
    )
    assert (line["first"], line["second"]) == pytest.approx(yearly)
    assert line["change"] == pytest.approx(yearly[1] - yearly[0])


def test_nothing_is_told_of_what_is_equal_and_the_most_important_comes_first(pair: tuple[Path, Path]) -> None:
    found = compare.files(*pair)
    assert not [line for line in found.results if line["measure"] == "need"]
    assert all(line["first"] != line["second"] for line in found.results)
    importance = [line["importance"] for line in found.results]
    assert importance == sorted(importance, reverse=True)
    assert not compare.files(*pair, above=0.99).results[1:]


def test_the_same_run_again_is_identical(pair: tuple[Path, Path], tmp_path: Path) -> None:
    netcdf.write(api.rebuild(pair[0]).run(), tmp_path / "again.nc")
    assert compare.files(pair[0], tmp_path / "again.nc").identical
    told = CliRunner().invoke(app, ["compare", str(pair[0]), str(tmp_path / "again.nc"), "--lang", "zh"])
    assert told.exit_code == 0
    assert "逐位相同" in told.stdout


def test_elements_in_one_only_are_listed(pair: tuple[Path, Path], tmp_path: Path) -> None:
    netcdf.write(api.load(LIBRARY / "one_source.yaml").run(), tmp_path / "other.nc")
    found = compare.files(pair[0], tmp_path / "other.nc")
    assert {"demand large", "demand small"} <= set(found.only_first)
    assert "demand people" in found.only_second


def test_kinds_and_shares_that_do_not_fit(pair: tuple[Path, Path]) -> None:
    with netcdf.open_result(pair[0]) as one, netcdf.open_result(pair[1]) as other:
        capacity = other.assign_attrs(waterbal_capacity="1")
        with pytest.raises(DataError, match="a run cannot be compared with a capacity"):
            compare.compare(one, capacity)
    assert compare.share("0.1%") == pytest.approx(0.001)
    for text in ("much", "-1", "nan"):
        with pytest.raises(UsageError):
            compare.share(text)


def test_json_and_file(pair: tuple[Path, Path], tmp_path: Path) -> None:
    target = tmp_path / "changes.json"
    arguments = ["compare", *map(str, pair), "--json", "-o", str(target)]
    told = CliRunner().invoke(app, arguments)
    assert told.exit_code == 0
    assert json.loads(told.stdout) == json.loads(target.read_text(encoding="utf-8"))


def test_series_are_told_in_the_units_of_their_values(tmp_path: Path) -> None:
    """The file has m3/s, the result 1e4 m3/d: 1 m3/s is 8.64 of them."""
    case = api.load(citykit.write_city(tmp_path), ("time.end=2001-12", "reserve={mode: none}"))
    netcdf.write(case.run(), tmp_path / "a.nc")
    with netcdf.open_result(tmp_path / "a.nc") as one:
        found = compare.compare(one, one.assign(input_series=one["input_series"] * 2.0))
    line = next(line for line in found.inputs if line["path"] == "series.river")
    assert line["units"] == "1e4 m3/d"
    with netCDF4.Dataset(tmp_path / "a.nc") as file:
        names = netCDF4.chartostring(file["series_id"][:]).tolist()
        assert line["first"] == pytest.approx(float(file["input_series"][names.index("river")].mean()))


def test_what_cannot_be_seen_is_counted_and_not_shown(
    pair: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    with netcdf.open_result(pair[0]) as results:
        one = results.load()
    other = one.copy(deep=True)
    other["water_supply"].values[:] *= 1.0 + 1e-12
    found = compare.compare(one, other)
    assert found.telling and not found.identical
    compare_print.render(found, ("a.nc", "b.nc"), "en", Console(width=160))
    told = capsys.readouterr().out
    assert f"{len(found.telling)} changes that are smaller than what is printed are left out" in told
    assert "What came out" not in told
    other["water_supply"].values[:] *= 1.01
    found = compare.compare(one, other)
    compare_print.render(found, ("a.nc", "b.nc"), "zh", Console(width=160))
    told = capsys.readouterr().out
    rows = [line.split("│") for line in told.splitlines() if line.startswith("│")]
    numbers = [row[-2].strip() for row in rows]
    assert numbers and all(float(number.replace(",", "")) != 0.0 for number in numbers)
    assert all(row[-3].strip() != row[-4].strip() for row in rows) and "小于显示精度" not in told


def test_values_of_inputs_are_written_as_in_a_file() -> None:
    """Lists without brackets and quotes, truth in lower case, nothing as a dash."""
    texts = [value_text(value) for value in (["a", "b"], True, None, 2035, [0.5, [1, False]])]
    assert texts == ["a, b", "true", "–", "2035", "0.5, 1, false"]
