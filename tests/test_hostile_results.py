"""Results that were truncated, damaged, altered or made by something else: one clear error, never a crash."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from tests import citykit
from tests.tongue import has_its_chinese
from waterbal import api
from waterbal.cli.main import main
from waterbal.errors import DataError, Issue
from waterbal.results import integrity, netcdf, probe

LIBRARY = Path(__file__).parent.parent / "configs" / "library"
ROOT = Path(__file__).parent.parent

DRIVER = """
import contextlib, io, pathlib, random, sys
import typer
from waterbal.cli import compare, explain, main

whole, folder, count = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3])
content = whole.read_bytes()
if sys.argv[4] == "without":
    content = content[: -int(sys.argv[5])]
commands = [
    lambda path: main.run(source=path, quiet=True),
    lambda path: compare.compare(path, path, quiet=True),
    lambda path: compare.compare(path, path, as_json=True),
    lambda path: explain.explain(path, demand="people", time="2001-01", quiet=True),
]
drawn = random.Random(20301)
counts = {}
number = 0
while number < count:
    changed = bytearray(content)
    how = number % 5
    place = drawn.randrange(len(changed))
    if how == 0:
        changed[place] ^= 1 << drawn.randrange(8)
    elif how == 1:
        width = drawn.randrange(1, 2000)
        changed[place : place + width] = bytes(drawn.randrange(256) for _ in changed[place : place + width])
    elif how == 2:
        del changed[place:]
    elif how == 3:
        place = drawn.randrange(512)
        changed[place] = (changed[place] + drawn.randrange(1, 256)) % 256
    else:
        other = drawn.randrange(len(changed))
        changed[place : place + 64] = changed[other : other + 64]
    if changed == content:
        continue
    path = folder / "mutated.nc"
    path.write_bytes(changed)
    out, err, status = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            commands[number % len(commands)](path)
        except typer.Exit as ended:
            status = ended.exit_code
    assert "Traceback" not in err.getvalue(), err.getvalue()
    assert "defect" not in err.getvalue(), err.getvalue()
    counts[status] = counts.get(status, 0) + 1
    number += 1
print(counts)
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "balance.nc"
    netcdf.write(api.load(LIBRARY / "one_source.yaml").run(), path)
    return path


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(whole, tmp_path / "copy.nc"))


def refused(path: Path, **options: bool) -> str:
    with pytest.raises(DataError) as caught:
        netcdf.open_result(path, **options)
    assert caught.value.exit_code == 4
    has_its_chinese(caught.value)
    return str(caught.value)


def mutate(whole: Path, folder: Path, count: int, seal: str, seconds: int) -> dict[int, int]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [
        sys.executable,
        "-c",
        DRIVER,
        str(whole),
        str(folder),
        str(count),
        seal,
        str(integrity.SEAL_LENGTH),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, timeout=seconds, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return eval(done.stdout)


def test_500_mutations_are_refused_in_every_command(whole: Path, tmp_path: Path) -> None:
    counts = mutate(whole, tmp_path, 500, "with", 300)
    assert counts == {4: 500}


@pytest.mark.long
def test_mutations_of_a_file_without_seal_are_refused_or_harmless(whole: Path, tmp_path: Path) -> None:
    counts = mutate(whole, tmp_path, 200, "without", 1800)
    assert set(counts) <= {0, 4}


def test_a_whole_file_opens_and_has_no_trace_of_the_hashes(whole: Path) -> None:
    with netcdf.open_result(whole) as results:
        assert int(results.attrs["waterbal_format"]) == probe.FORMAT
        assert probe.DIGESTS not in results.attrs


def test_other_readers_do_not_mind_the_seal(whole: Path) -> None:
    with netCDF4.Dataset(whole) as file:
        assert file["water_supply"][...].size
    assert whole.read_bytes()[-integrity.SEAL_LENGTH :].startswith(integrity.MARK)


def test_truncated_empty_foreign(whole: Path, tmp_path: Path) -> None:
    content = whole.read_bytes()
    for name, bytes_, said in (
        ("half.nc", content[: len(content) // 2], "truncated"),
        ("short.nc", content[:-1], "damaged"),
        ("empty.nc", b"", "empty"),
        ("text.nc", b"not a file of numbers" * 9, "no NetCDF-4 file"),
        ("classic.nc", b"CDF\x01" + bytes(100), "classic"),
    ):
        path = tmp_path / name
        path.write_bytes(bytes_)
        assert said in refused(path)
    assert "there is no file" in refused(tmp_path / "none.nc")


def test_a_foreign_netcdf_is_no_result(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "a.nc", "w") as file:
        file.createDimension("time", 3)
        file.createVariable("water_supply", "f8", ("time",))[:] = 1.0
    assert "no result of waterbal" in refused(tmp_path / "a.nc")


def test_an_altered_number_is_named(copy: Path) -> None:
    with netCDF4.Dataset(copy, "r+") as file:
        file["water_supply"][0, 0, 0, 5] = 1234.0
    assert "altered" in refused(copy)
    assert "water_supply" in refused(copy)


def test_an_altered_unit_is_named(copy: Path) -> None:
    with netCDF4.Dataset(copy, "r+") as file:
        file["water_supply"].units = "m3"
    assert "water_supply" in refused(copy)


def test_an_altered_configuration_is_named(copy: Path) -> None:
    with netCDF4.Dataset(copy, "r+") as file:
        file.waterbal_config = file.waterbal_config.replace("120", "130")
    assert "waterbal_config" in refused(copy)


@pytest.mark.parametrize(("version", "said"), [(None, "older"), (0, "older"), (99, "newer")])
def test_other_formats(copy: Path, version: int | None, said: str) -> None:
    with netCDF4.Dataset(copy, "r+") as file:
        if version is None:
            file.delncattr("waterbal_format")
        else:
            file.waterbal_format = np.int32(version)
    assert said in refused(copy)


def test_without_hashes_it_cannot_be_verified(copy: Path) -> None:
    with netCDF4.Dataset(copy, "r+") as file:
        file.delncattr(probe.DIGESTS)
    assert "cannot be verified" in refused(copy)


def test_what_is_added_by_users_does_no_harm(copy: Path) -> None:
    with netCDF4.Dataset(copy, "r+") as file:
        file.note = "checked"
        file.createVariable("mine", "f8", ("time",))[:] = 1.0
    with netcdf.open_result(copy) as results:
        assert results.attrs["note"] == "checked"
        assert float(results["mine"].sum()) == results.sizes["time"]


def test_what_is_taken_away_is_named_and_the_rest_opens(whole: Path, tmp_path: Path) -> None:
    target = tmp_path / "part.nc"
    with netCDF4.Dataset(whole) as source, netCDF4.Dataset(target, "w") as file:
        file.setncatts({name: source.getncattr(name) for name in source.ncattrs()})
        for name, dimension in source.dimensions.items():
            file.createDimension(name, len(dimension))
        source.set_auto_maskandscale(False)
        file.set_auto_maskandscale(False)
        for name, variable in source.variables.items():
            if name == "water_shortage":
                continue
            attributes = {key: variable.getncattr(key) for key in variable.ncattrs()}
            fill = attributes.pop("_FillValue", None)
            made = file.createVariable(name, variable.dtype, variable.dimensions, fill_value=fill)
            made.set_auto_maskandscale(False)
            made.set_auto_chartostring(False)
            variable.set_auto_chartostring(False)
            made.setncatts(attributes)
            made[...] = variable[...]
    assert "water_shortage" in refused(target)
    with (
        pytest.warns(UserWarning, match="water_shortage"),
        netcdf.open_result(target, partial=True) as results,
    ):
        assert "water_supply" in results
    again = api.rebuild(target).run()
    with netcdf.open_result(whole) as first:
        assert np.array_equal(first["water_shortage"].values, again["water_shortage"].values)


def test_equal_runs_give_equal_files(tmp_path: Path) -> None:
    from waterbal.network.simulate import simulate
    from waterbal.results import dataset
    from waterbal.results.output import RunOutput

    case = api.load(LIBRARY / "one_source.yaml")
    run = simulate(case.network())
    assert run.series is not None
    result = dataset.build(case, RunOutput.from_series(run.series), created=False)
    for name in ("a.nc", "b.nc"):
        netcdf.write(result, tmp_path / name)
    assert (tmp_path / "a.nc").read_bytes() == (tmp_path / "b.nc").read_bytes()


def test_a_folder_names_the_result_in_it(whole: Path, tmp_path: Path) -> None:
    assert "is a folder, with no result in it" in refused(tmp_path)
    for name in ("again.nc", "results.nc"):
        shutil.copy(whole, tmp_path / name)
    assert refused(tmp_path).endswith(f"did you mean {str(tmp_path / 'results.nc')!r}?")
    (tmp_path / "results.nc").unlink()
    assert refused(tmp_path).endswith(f"did you mean {str(tmp_path / 'again.nc')!r}?")


@pytest.mark.parametrize("name", ["cut.nc", "a folder/cut (1).nc", "截断.nc"])
def test_a_file_is_named_once(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    for content in (whole.read_bytes()[:5000], b"", b"text", whole.read_bytes()[:-1]):
        path.write_bytes(content)
        assert refused(path).count(name) == 1
    assert refused(Path("none.nc")).count("none.nc") == 1


def test_the_place_in_a_file_is_told_whatever_the_message_says() -> None:
    assert str(Issue("m.yaml is wrong", file="m.yaml", line=3, column=1)) == "m.yaml:3:1: m.yaml is wrong"
    assert str(Issue("summary is wrong", file="mary")) == "mary: summary is wrong"
    assert str(Issue("x/m.yaml is wrong", file="m.yaml")) == "m.yaml: x/m.yaml is wrong"


@pytest.mark.parametrize(
    "command",
    ["compare", "export", *(pytest.param(one, marks=pytest.mark.long) for one in ("report", "explain"))],
)
def test_a_command_says_of_which_files_it_did_not_read_all(
    whole: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    """Larger than ``ALWAYS``, a file is believed and that is said, or it is read through."""
    arguments = {
        "report": ["report", whole, "--xlsx", tmp_path / "a.xlsx"],
        "compare": ["compare", whole, whole],
        "export": ["export", whole, "--layout", "csv", "-o", tmp_path / "out", "--variable", "water_supply"],
        "explain": ["explain", whole, "--demand", "people", "--time", "2002-01"],
    }[command]

    def said(*more: str) -> list[str]:
        with pytest.raises(SystemExit) as end:
            main([*map(str, arguments), *more])
        assert not end.value.code
        return [line for line in capsys.readouterr().err.splitlines() if "GiB" in line]

    assert not said()
    monkeypatch.setattr(integrity, "ALWAYS", whole.stat().st_size - 1)
    lines = said("--lang", "zh")
    assert len(lines) == (0 if command == "explain" else 1)
    assert all(str(whole) in line for line in lines)
    digests = []
    monkeypatch.setattr(integrity, "_digest", lambda *given: digests.append(given) or b"")
    with pytest.raises(SystemExit) as end:
        main([*map(str, arguments), "-q"])
    assert "GiB" not in capsys.readouterr().err
    assert bool(digests) == bool(end.value.code) == (command == "explain")


def test_a_result_of_fewer_steps_is_compared_but_not_run_again(tmp_path: Path) -> None:
    """As a program that cuts a record leaves it: attributes, fills and numbers as they were."""
    whole, path = tmp_path / "whole.nc", tmp_path / "short.nc"
    quick = ("time.end=2003-12", "reserve={mode: none}")
    netcdf.write(api.load(citykit.write_city(tmp_path), quick).run(), whole)
    with netCDF4.Dataset(whole) as old, netCDF4.Dataset(path, "w") as new:
        for part in (old, new):
            part.set_auto_maskandscale(False)
            part.set_auto_chartostring(False)
        new.setncatts({name: old.getncattr(name) for name in old.ncattrs()})
        steps = len(old.dimensions["time"])
        for name, dimension in old.dimensions.items():
            new.createDimension(name, steps - 12 if name == "time" else len(dimension))
        for name, variable in old.variables.items():
            told = {key: variable.getncattr(key) for key in variable.ncattrs()}
            made = new.createVariable(
                name, variable.dtype, variable.dimensions, fill_value=told.pop("_FillValue", None)
            )
            made.setncatts(told)
            place = tuple(slice(steps - 12) if dim == "time" else slice(None) for dim in variable.dimensions)
            made[:] = variable[place] if variable.dimensions else variable[...]
    with pytest.raises(DataError, match="holds only a part of input_series") as caught:
        api.rebuild(path)
    has_its_chinese(caught.value)
    with pytest.raises(SystemExit) as end:
        main(["compare", str(whole), str(path), "-q"])
    assert not end.value.code


@pytest.mark.parametrize("command", ["run", "explain"])
def test_a_file_is_read_through_once(whole: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    own, sizes = integrity._digest, []

    def counted(file: Any, size: int) -> bytes:
        sizes.append(size)
        return own(file, size)

    monkeypatch.setattr(integrity, "_digest", counted)
    more = (
        ["--from", str(whole)]
        if command == "run"
        else [str(whole), "--demand", "people", "--time", "2002-01"]
    )
    with pytest.raises(SystemExit) as end:
        main([command, *more, "-q"])
    assert not end.value.code
    assert sizes == [whole.stat().st_size - integrity.SEAL_LENGTH]


@pytest.mark.parametrize(("mark", "said"), [("capacity", "承载能力成果"), ("sweep", "批量计算成果")])
def test_what_is_no_single_run_is_not_run_again(whole: Path, tmp_path: Path, mark: str, said: str) -> None:
    """With the attribute or the variable that tells such results from runs."""
    path = tmp_path / "other.nc"
    with netcdf.open_result(whole) as results:
        other = results.load().copy()
    if mark == "capacity":
        other.attrs["waterbal_capacity"] = "{}"
    else:
        other["member_status"] = (("scenario", "realization"), np.zeros((1, 1), dtype=np.int8))
    netcdf.write(other, path)
    with pytest.raises(DataError, match="no single run") as caught:
        api.rebuild(path)
    has_its_chinese(caught.value)
    assert f"{path} 是{said}，不是单次模拟；应为：`waterbal run` 写出的文件" in caught.value.issues[0].said(
        "zh"
    )
