"""``waterbal sweep`` and ``waterbal merge`` on a small city: one result however it is computed, every error told."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import waterbal
from tests.citykit import MODEL, write_city
from tests.sweepkit import ROOT, same
from tests.tongue import english
from waterbal import api
from waterbal.results import netcdf
from waterbal.scenarios import parts
from waterbal.scenarios.names import is_result_name
from waterbal.scenarios.runner import sweep
from waterbal.scenarios.study_work import open_study
from waterbal.scenarios.sweep import Request

STUDY = """\
schema_version: 1
name: {zh: 城市方案, en: Scenarios of a city}
model: model.yaml
provenance: {source: test, grade: assumed}
realizations: 6
axes:
  growth:
    values:
      low: {name: {zh: 低, en: Low}, set: {demands.homes.people: 20 万人}}
      high: {name: {zh: 高, en: High}, set: {demands.homes.people: 60 万人}}
  cut:
    values:
      1.0:
      0.6: {set: {quotas.permit.cut: 0.6}}
"""

Result = tuple[int, str, str]
Run = Callable[..., Result]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Give a scenario file in a folder with a name that is not ASCII."""
    folder = tmp_path / "城 市"
    folder.mkdir()
    write_city(folder)
    path = folder / "study.yaml"
    path.write_text(STUDY, encoding="utf-8")
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# ---------------------------------------------------------------- one result


LONG = pytest.mark.long


@pytest.mark.parametrize(
    "keep", ["metrics", pytest.param("yearly", marks=LONG), pytest.param("full", marks=LONG)]
)
def test_one_result_however_it_is_computed(cli: Run, study: Path, tmp_path: Path, keep: str) -> None:
    def run(name: str, *options: object) -> Path:
        code, _, err = cli("sweep", study, "-o", tmp_path / name, "--keep", keep, "--quiet", *options)
        assert code == 0, err
        return tmp_path / name / "results.nc"

    one = run("one", "--threads", 1, "--block", 1000)
    assert same(one, run("threads", "--threads", 3, "--block", 1))
    assert same(one, run("cut", "--threads", 2, "--block", 4))
    if keep == "metrics":
        assert same(one, run("processes", "--workers", 2, "--block", 5))
    for i in (1, 2, 3):
        run("shards", "--shard", f"{i}/3", "--block", 3)
    assert same(one, tmp_path / "shards" / "results.nc")


def test_a_member_is_the_run_of_its_model(cli: Run, study: Path, tmp_path: Path) -> None:
    """Against ``waterbal run`` of the same scenario and realization, variable by variable."""
    assert cli("sweep", study, "-o", tmp_path / "out", "--keep", "full", "--block", 5)[0] == 0
    with waterbal.open_result(tmp_path / "out" / "results.nc") as found:
        assert found.sizes["scenario"] == 4
        assert list(found["growth"].values) == ["low", "low", "high", "high"]
        assert list(found["cut"].values) == [1.0, 0.6, 1.0, 0.6]
        alone = api.load(
            study.parent / "model.yaml", ["demands.homes.people=60 万人", "quotas.permit.cut=0.6"], 4
        ).run()
        member = found.isel(scenario=3, realization=4)
        compared = 0
        for name, values in alone.data_vars.items():
            if name in found.data_vars and "realization" in found[name].dims:
                expected = values.isel(scenario=0, realization=0).values
                scale = max(1.0, float(np.nanmax(np.abs(expected), initial=0.0)))
                np.testing.assert_allclose(
                    member[name].values, expected, atol=1e-9 * scale, err_msg=str(name)
                )
                compared += 1
        assert compared > 30
        assert json.loads(found.attrs["waterbal_changes"])["high-0.6"]["quotas.permit.cut"] == 0.6


@pytest.mark.parametrize("keep", ["metrics", "yearly", "full"])
def test_no_axis_can_have_a_name_of_the_results(study: Path, keep: str) -> None:
    work = open_study(str(study), keep=keep)
    found = {*work.schema(), *work.frame().variables, *work.frame().dims}
    assert {name for name in found if not is_result_name(str(name))} == {"growth", "cut"}


def test_python_gives_the_dataset(study: Path, tmp_path: Path) -> None:
    with waterbal.sweep(study, tmp_path / "out", realizations=2, only=["growth=high"], threads=1) as found:
        assert (found.sizes["scenario"], found.sizes["realization"]) == (2, 2)
        assert set(found["growth"].values) == {"high"}
        assert not found["member_status"].values.any()
    assert waterbal.load_study(study).name.zh == "城市方案"


@pytest.mark.long
def test_the_file_keeps_to_the_conventions(study: Path, tmp_path: Path) -> None:
    """One variable of each shape: the time of the checker grows with the square of their number."""
    program = Path(sys.executable).with_name("compliance-checker")
    if not program.exists():
        pytest.skip("needs compliance-checker")
    work = open_study(str(study), keep="yearly")
    shapes = {field.dims: name for name, field in work.schema().items()}
    few = {name: work.schema()[name] for name in shapes.values()}
    assert len(few) > 10
    work.schema = lambda: few  # type: ignore[method-assign]
    whole = work.evaluate

    def evaluate(*asked: Any) -> dict[str, Any]:
        return {name: values for name, values in whole(*asked).items() if name in few}

    work.evaluate = evaluate  # type: ignore[method-assign]
    report = sweep(Request(study, tmp_path).source, tmp_path / "out", work=work)
    command = [program, "-t", "cf:1.11", "-f", "text", str(report.results)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "All tests passed!" in done.stdout


# ---------------------------------------------------------------- what it says


def test_what_is_printed(cli: Run, study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    code, out, err = cli("sweep", study, "-o", folder, "--lang", "zh")
    assert (code, err) == (0, "")
    assert "4 个方案 × 6 个水文样本，共 24 个成员" in out
    assert f"结果：{folder / 'results.nc'}" in out
    assert not english(out, "low", "high", "growth", "cut"), english(out, "low", "high", "growth", "cut")
    code, out, err = cli("sweep", study, "-o", folder)
    assert "24 members from earlier runs" in out
    code, out, err = cli("sweep", study, "-o", folder, "--json")
    told = json.loads(out)
    assert (told["members"], told["resumed_members"], told["computed_members"]) == (24, 24, 0)
    assert cli("sweep", study, "-o", folder, "--quiet") == (0, "", "")
    code, out, err = cli("sweep", study, "-o", tmp_path / "part", "--shard", "1/2", "--block", 6)
    assert "2 of 4 blocks missing" in out
    code, out, _ = cli(
        "sweep", study, "-o", tmp_path / "one", "--only", "growth=low,cut=0.6", "--realizations", 1
    )
    assert "1 scenario x 1 realization: 1 member\n" in out
    assert "1 member computed in" in out


def test_only_some_scenarios(cli: Run, study: Path, tmp_path: Path) -> None:
    code, out, _ = cli("sweep", study, "-o", tmp_path / "a", "--only", "growth=low,cut=0.6,1.0", "--json")
    assert code == 0
    assert json.loads(out)["scenarios"] == 2
    code, _, err = cli("sweep", study, "-o", tmp_path / "b", "--only", "grwth=low,cut=0.7")
    assert code == 2
    assert "no axis 'grwth'" in err
    assert "did you mean 'growth'?" in err
    assert "axis 'cut' has no value '0.7'; expected 1.0, 0.6" in err
    assert cli("sweep", study, "-o", tmp_path / "b", "--only", "low")[0] == 2
    assert not (tmp_path / "b").exists()


def test_dry_run(cli: Run, study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    code, out, _ = cli("sweep", study, "-o", folder, "--dry-run", "--json", "--realizations", 40)
    told = json.loads(out)
    assert code == 0
    assert (told["members"], told["scenarios"], told["realizations"]) == (160, 4, 40)
    assert told["seconds"] > 0.0
    assert told["memory_mib"] > 10.0
    assert not folder.exists()
    assert cli("sweep", study, "-o", folder, "--realizations", 40)[0] == 0
    parts = sum(path.stat().st_size for path in (folder / "parts").iterdir()) / 2**20
    assert told["parts_mib"] == pytest.approx(parts, rel=0.1)
    assert told["results_mib"] == pytest.approx((folder / "results.nc").stat().st_size / 2**20, rel=0.1)
    code, out, _ = cli("sweep", study, "-o", folder, "--dry-run", "--realizations", 40)
    assert code == 0
    assert "Every block is there already." in out
    code, out, _ = cli("sweep", study, "-o", tmp_path / "zh", "--dry-run", "--lang", "zh")
    assert "未计算任何内容；以上为实测估计" in out and not english(out), english(out)


def test_dry_run_tells_that_there_is_too_little_room(
    cli: Run, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=2**20))
    for more in ((), ("--dry-run",), ("--dry-run", "--json")):
        code, out, err = cli("sweep", study, "-o", tmp_path / "out", *more)
        assert code == 4, err
        assert "MiB with a margin, but only 1.0 MiB are free" in err
        assert ("Nothing was computed" in out) == (more == ("--dry-run",))
    assert json.loads(out)["exit_code"] == 4


def test_job_script(cli: Run, study: Path, tmp_path: Path) -> None:
    code, out, _ = cli(
        "sweep",
        study,
        "-o",
        tmp_path / "a b",
        "--job-script",
        "slurm",
        "--realizations",
        9,
        "--set",
        "a.b=1 2",
    )
    assert code == 0
    assert out.startswith("#!/bin/bash\n")
    assert "--realizations 9" in out
    assert f"-o '{tmp_path / 'a b'}' --set 'a.b=1 2'" in out
    assert subprocess.run(["bash", "-n"], input=out, text=True, check=False).returncode == 0
    assert '--threads "$SLURM_CPUS_PER_TASK"' in out
    assert cli("sweep", study, "-o", tmp_path / "a", "--job-script", "pbs")[0] == 2
    slurm = ("sweep", study, "-o", tmp_path / "a", "--job-script", "slurm")
    code, out, _ = cli(*slurm, "--workers", 7, "--lang", "zh", "--quiet")
    assert "#SBATCH --cpus-per-task=7\n" in out
    assert '--workers "$SLURM_CPUS_PER_TASK"' in out
    assert " --lang zh --quiet " in out
    code, out, err = cli(*slurm, "--scheduler", "tcp://a:1", "--shard", "1/2")
    assert (code, out) == (2, "")
    assert "a job script does not take --scheduler" in err
    assert "a job script does not take --shard" in err


def test_merge_elsewhere(cli: Run, study: Path, tmp_path: Path) -> None:
    folder, target = tmp_path / "out", tmp_path / "merged" / "all.nc"
    assert cli("merge", folder, "-o", target)[0] == 2
    assert cli("sweep", study, "-o", folder, "--shard", "1/2", "--block", 6)[0] == 0
    code, _, err = cli("merge", folder, "-o", target)
    assert code == 4
    assert "2 of 4 blocks are missing (1, 3)" in err
    assert cli("sweep", study, "-o", folder)[0] == 0
    assert cli("merge", folder, "-o", target) == (0, "", "")
    assert same(folder / "results.nc", target)


# ---------------------------------------------------------------- errors, before hours are spent


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--realizations", "0"], "--realizations: 0 is too few"),
        (["--threads", "0"], "--threads: 0 is too few"),
        (["--workers", "-1"], "--workers: -1 is too few"),
        (["--block", "0"], "--block: 0 is too few"),
        (["--workers", "2", "--scheduler", "tcp://a:1"], "--workers and --scheduler exclude each other"),
        (["--threads", "2", "--workers", "2"], "--threads and --workers exclude each other"),
        (["--shard", "0/2"], "expected i/n"),
        (["--shard", "1/2", "--fresh"], "every shard would remove"),
        (["--keep", "metric"], "did you mean 'metrics'?"),
        (["--lang", "fr"], "expected zh or en"),
        (["--no-such-option"], "No such option"),
    ],
)
def test_usage(cli: Run, study: Path, tmp_path: Path, options: list[str], told: str) -> None:
    code, out, err = cli("sweep", study, "-o", tmp_path / "out", *options)
    assert (code, out) == (2, "")
    assert told in err
    assert "Traceback" not in err
    assert not (tmp_path / "out").exists()


def test_several_usage_errors_at_once(cli: Run, study: Path, tmp_path: Path) -> None:
    _, _, err = cli("sweep", study, "-o", tmp_path / "out", "--threads", 0, "--block", 0)
    assert "--threads" in err
    assert "--block" in err
    assert "2 problems" in err


@pytest.mark.parametrize(
    ("file", "old", "new", "status", "told"),
    [
        ("study.yaml", "quotas.permit.cut: 0.6", "quotas.permt.cut: 0.6", 3, "permit"),
        ("study.yaml", "60 万人", "60 万头", 3, "study.yaml:10:"),
        ("study.yaml", "realizations: 6", "realizations: 0", 3, "study.yaml:5:"),
        ("study.yaml", "model.yaml", "other.yaml", 3, "study.yaml:3:"),
        ("climate.csv", "2003,5,", "2003,15,", 4, "climate.csv:"),
        ("model.yaml", "climate.csv", "weather.csv", 4, "weather.csv"),
    ],
)
def test_inputs_are_checked_before_anything_is_computed(
    cli: Run, study: Path, tmp_path: Path, file: str, old: str, new: str, status: int, told: str
) -> None:
    change(study.parent / file, old, new)
    for more in ((), ("--dry-run",)):
        code, out, err = cli("sweep", study, "-o", tmp_path / "out", *more)
        assert code == status, err
        assert out == ""
        assert told in err
        assert "Traceback" not in err
        assert not (tmp_path / "out").exists()


def test_files_are_named_as_the_user_named_them(
    cli: Run, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(study, "60 万人", "60 万头")
    monkeypatch.chdir(study.parent.parent)
    _, _, err = cli("sweep", f"{study.parent.name}/study.yaml", "-o", "out")
    assert err.startswith(f"{study.parent.name}/study.yaml:10:")
    change(study, "60 万头", "60 万人")
    assert cli("sweep", f"{study.parent.name}/study.yaml", "-o", "out", "--workers", 2)[0] == 0


def test_more_realizations_than_there_are(cli: Run, study: Path, tmp_path: Path) -> None:
    """The rivers of the city are drawn; a record rotated through the run has as many as it has years."""
    text = MODEL.replace(
        "sources:\n", "hydrology: {kind: observed, sites: [rain, et0], rotate: true}\nsources:\n", 1
    )
    write_city(study.parent, text)
    code, _, err = cli("sweep", study, "-o", tmp_path / "out", "--realizations", 17)
    assert code == 2
    assert "the hydrology of the model has 16" in err
    assert not (tmp_path / "out").exists()
    change(study, "realizations: 6\n", "")  # then all that there are
    assert cli("sweep", study, "-o", tmp_path / "out")[0] == 0
    with netcdf.open_result(tmp_path / "out" / "results.nc") as found:
        assert list(found["hydrology_first_year"].values) == list(range(1991, 2007))


def test_one_value_and_one_realization(cli: Run, study: Path, tmp_path: Path) -> None:
    change(study, STUDY[STUDY.index("  growth:") : STUDY.index("  cut:")], "")
    change(study, "      0.6: {set: {quotas.permit.cut: 0.6}}\n", "")
    assert cli("sweep", study, "-o", tmp_path / "out", "--realizations", 1)[0] == 0
    with netcdf.open_result(tmp_path / "out" / "results.nc") as found:
        assert (found.sizes["scenario"], found.sizes["realization"]) == (1, 1)


def test_a_changed_model_is_refused_by_name(cli: Run, study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    assert cli("sweep", study, "-o", folder, "--block", 6)[0] == 0
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    change(study.parent / "model.yaml", "norm: 120", "norm: 121")
    for more in ((), ("--dry-run",)):
        code, out, err = cli("sweep", study, "-o", folder, *more)
        assert (code, out) == (2, "")
        assert "model changed" in err
        assert "--fresh" in err
    change(study.parent / "model.yaml", "norm: 121", "norm: 120")
    change(study.parent / "climate.csv", "2003,5,", "2003,5,1")
    err = cli("sweep", study, "-o", folder)[2]
    assert "inputs: climate.csv changed" in err
    assert "data" not in err
    code, _, err = cli("sweep", study, "-o", folder, "--set", "demands.homes.norm=130 L/(person d)")
    assert code == 2
    assert "overrides" in err
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert cli("sweep", study, "-o", folder, "--fresh")[0] == 0


def test_members_that_cannot_be_met_do_not_end_the_sweep(cli: Run, study: Path, tmp_path: Path) -> None:
    change(study, "0.6: {set: {quotas.permit.cut: 0.6}}", "0.6: {set: {links.canal_lake.minimum: 9 万m3/d}}")
    code, out, err = cli("sweep", study, "-o", tmp_path / "out", "--lang", "zh")
    assert code == 5, err
    assert "12 个成员未能正常完成" in out
    assert "方案 high-0.6，水文样本 5：" in err
    assert "canal_lake" in err
    assert "Traceback" not in err
    with netcdf.open_result(tmp_path / "out" / "results.nc") as found:
        bad = found["member_status"].values != 0
        assert bad[[1, 3]].all()
        assert not bad[[0, 2]].any()
        assert np.isfinite(found["reliability_step"].values[0]).all()
    code, out, _ = cli("sweep", study, "-o", tmp_path / "out", "--json")
    assert code == 5
    assert json.loads(out)["exit_code"] == 5


# ---------------------------------------------------------------- signals


def test_python_is_told_that_it_was_stopped(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By SIGINT while blocks are at work; then the handler of Python is back in its place."""
    before = signal.getsignal(signal.SIGINT)
    write = parts.write

    def interrupting(*told: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        return write(*told)

    monkeypatch.setattr(parts, "write", interrupting)
    with pytest.raises(KeyboardInterrupt):
        waterbal.sweep(study, tmp_path / "out", threads=1, block=2)
    assert signal.getsignal(signal.SIGINT) is before
    monkeypatch.setattr(parts, "write", write)
    assert 0 < len(parts.listed(tmp_path / "out")) < 12
    with waterbal.sweep(study, tmp_path / "out", threads=1) as found:
        assert found.sizes["realization"] == 6


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_told_and_the_sweep_goes_on(study: Path, tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "out"
    command = [
        sys.executable, "-m", "waterbal", "sweep", str(study), "-o", str(folder), "--lang", "en",
        "--realizations", "80", "--block", "4", "--threads", "2",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    end = time.monotonic() + 60
    while len(list(folder.glob("parts/block-*"))) < 3:
        assert time.monotonic() < end
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number, err
    assert f"stopped by {number.name}" in err
    assert "Run the same command to go on" in err
    assert "Traceback" not in err
    assert "results.nc" not in names(folder)
    kept = len(list(folder.glob("parts/block-*")))
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True, cwd=ROOT)
    told = json.loads(done.stdout)
    assert (told["resumed_members"], told["missing_blocks"]) == (4 * kept, 0)


def test_weather_that_stays_as_it_was_is_told_once(cli: Run, study: Path, tmp_path: Path) -> None:
    hydrology = "hydrology={kind: observed, rotate: true, sites: [rain]}"
    note = "series et0 is no site: it is the same in every realization"
    for command in (("run", study.parent / "model.yaml"), ("sweep", study, "-o", tmp_path / "out")):
        code, _, err = cli(*command, "--set", hydrology)
        assert (code, err) == (0, f"waterbal: note: {note}\n")
    for file in (study.parent / "model.yaml", study):
        code, out, err = cli("check", file, "--set", hydrology)
        assert (code, err, out.count(note)) == (0, "", 1)


def test_the_shortage_of_a_row_of_an_axis_is_that_of_the_volumes_beside_it() -> None:
    from waterbal.report import scenarios

    lines = [
        {"need": 100.0, "supply": 50.0, "short": 0.5, "sectors": {}, "values": {"a": 1}},
        {"need": 1100.0, "supply": 1000.0, "short": 1 / 11, "sectors": {}, "values": {"a": 1}},
        {"need": None, "supply": None, "short": None, "sectors": {}, "values": {"a": 1}},
    ]
    (row,) = scenarios._by_value("a", [1], {}, lines)["values"]
    assert (row["need"], row["supply"], row["short"]) == (600.0, 525.0, pytest.approx(0.125))


@pytest.mark.parametrize(
    ("computed", "seconds", "rate"), [(45, 108.8, "0.41"), (9000, 3.0, "3,000"), (3, 2.0, "1.5")]
)
def test_a_slow_rate_is_not_told_as_none(computed: int, seconds: float, rate: str) -> None:
    from waterbal.report.sweep import report_lines
    from waterbal.scenarios.blocks import Grid
    from waterbal.scenarios.reporting import Report

    report = Report(Path("out"), Grid(1, computed, 1), computed, computed=computed, seconds=seconds)
    assert f"({rate} per second)" in report_lines(report, "en")[1]
    assert f"（每秒 {rate} 个）" in report_lines(report, "zh")[1]
