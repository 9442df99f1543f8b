"""The command line: exit status by kind of failure, clean messages, nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import waterbal
from waterbal import starter
from waterbal.cli import guard
from waterbal.cli.progress import Progress
from waterbal.errors import BalanceError, ConfigError, DataError, InfeasibleError, Issue, WaterbalError

Result = tuple[int, str, str]
Run = Callable[..., Result]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Give a copy of the starter model, in a folder with a name that is not ASCII."""
    folder = tmp_path / "示例 城市"
    starter.copy(folder)
    return folder / "model.yaml"


def entries(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def failing(monkeypatch: pytest.MonkeyPatch, problem: BaseException, where: str = "run") -> None:
    """Put a case in place of the library that fails in ``load``, ``network`` or ``run``."""

    class Case:
        notes = ()

        def network(self) -> None:
            if where == "network":
                raise problem

        def summary(self) -> dict[str, Any]:
            return {"steps": 1}

        def run(self, progress: Any = None, on_step: Any = None) -> None:
            raise problem

    def load(path: Path, overrides: Any = (), realization: int = 0) -> Case:
        if where == "load":
            raise problem
        return Case()

    api = types.ModuleType("waterbal.api")
    api.load = api.rebuild = load  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "waterbal.api", api)
    monkeypatch.setattr(waterbal, "api", api, raising=False)


# ---------------------------------------------------------------- every way to fail

FAILURES = [
    (ConfigError(Issue("unknown key", where="links.a", file="m.yaml", line=3, column=5)), "load", 3),
    (DataError(Issue("gap", file="rain.csv", line=9)), "load", 4),
    (DataError(Issue("gap", file="rain.csv", line=9)), "network", 4),
    (InfeasibleError(Issue("minimum flow cannot be met", where="links.a.minimum")), "run", 5),
    (BalanceError(Issue("node does not close", where="junction")), "run", 6),
    (WaterbalError("inner contradiction"), "run", 70),
    (ZeroDivisionError("division by zero"), "run", 70),
    (KeyboardInterrupt(), "run", 130),
    (KeyboardInterrupt(), "load", 130),
]


@pytest.mark.parametrize(("problem", "where", "status"), FAILURES)
def test_exit_status(
    cli: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, problem: BaseException, where: str, status: int
) -> None:
    failing(monkeypatch, problem, where)
    command = (
        ("check", "m.yaml") if where == "network" else ("run", "m.yaml", "-o", tmp_path / "new" / "b.nc")
    )
    code, out, err = cli(*command)
    assert code == status
    assert out == ""
    assert "Traceback" not in err
    assert err.strip()
    assert entries(tmp_path) == []


def test_every_problem_is_told(cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = ConfigError([Issue(f"problem {i}", file="m.yaml", line=i, column=2) for i in (1, 2, 3)])
    failing(monkeypatch, problem, "load")
    code, out, err = cli("check", "m.yaml")
    assert (code, out) == (3, "")
    assert err.splitlines() == [
        "m.yaml:1:2: problem 1",
        "m.yaml:2:2: problem 2",
        "m.yaml:3:2: problem 3",
        "3 problems",
    ]


def test_a_failure_as_json(cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, DataError(Issue("gap", file="雨.csv", line=9, expected="a number")), "load")
    code, out, err = cli("run", "m.yaml", "--json")
    told = json.loads(out)
    assert code == told["exit_code"] == 4
    assert told["issues"][0]["file"] == "雨.csv"
    assert told["issues"][0]["line"] == 9
    assert "雨.csv:9: gap" in err


def test_traceback_only_with_debug(cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, ZeroDivisionError("division by zero"))
    code, _, err = cli("run", "m.yaml")
    assert code == 70
    assert "ZeroDivisionError" in err
    assert "Traceback" not in err
    code, _, err = cli("run", "m.yaml", "--debug")
    assert code == 70
    assert "Traceback" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ("ruin",),
        ("run",),
        ("run", "a.yaml", "--from", "b.nc"),
        ("run", "--from", "b.nc", "--set", "a=1"),
        ("run", "a.yaml", "--no-such-option"),
        ("run", "a.yaml", "--lang", "fr"),
        ("check",),
        ("init",),
        ("schema", "too", "many"),
    ],
)
def test_usage(cli: Run, arguments: tuple[str, ...]) -> None:
    code, out, err = cli(*arguments)
    assert code == 2
    assert out == ""
    assert err
    assert "Traceback" not in err


def test_nearest_language(cli: Run) -> None:
    assert "expected zh or en" in cli("run", "a.yaml", "--lang", "fr")[2]


# ---------------------------------------------------------------- help, version


@pytest.mark.parametrize(
    "command",
    [
        (),
        ("init",),
        ("check",),
        ("run",),
        ("schema",),
        ("doctor",),
        ("warmup",),
        ("sweep",),
        ("merge",),
        ("capacity",),
        ("admit",),
    ],
)
def test_help(cli: Run, command: tuple[str, ...]) -> None:
    code, out, err = cli(*command, "--help")
    assert code == 0
    assert "Usage:" in out
    assert err == ""


def test_version(cli: Run) -> None:
    assert cli("--version") == (0, f"waterbal {waterbal.__version__}\n", "")


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; from waterbal.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numba', 'numpy', 'pandas', 'pydantic', 'xarray', 'yaml', 'netCDF4', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_import_loads_nothing_heavy() -> None:
    program = (
        "import sys, waterbal; print(sorted({'numba', 'numpy', 'xarray', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_public_names() -> None:
    assert callable(waterbal.load)
    assert callable(waterbal.open_result)
    assert "load" in dir(waterbal)
    with pytest.raises(AttributeError, match="no attribute 'lod'"):
        _ = waterbal.lod


# ---------------------------------------------------------------- progress


def slow(progress: Progress) -> None:
    progress.stage("simulating")
    time.sleep(0.3)
    progress(3, 4)
    time.sleep(0.1)


def test_progress_is_silent_while_quick(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress() as progress:
        progress.stage("simulating")
        progress(1, 2)
    assert capsys.readouterr() == ("", "")


def test_progress_in_a_log(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("waterbal.cli.progress.PATIENCE", 0.1)
    monkeypatch.setattr("waterbal.cli.progress.LOG_INTERVAL", 0.0)
    with Progress() as progress:
        slow(progress)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == ["waterbal: simulating", "waterbal: simulating 3 of 4 (75%)"]


def test_progress_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("waterbal.cli.progress.PATIENCE", 0.1)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with Progress() as progress:
        slow(progress)
    assert "simulating" in capsys.readouterr().err


def test_progress_with_rate_and_remaining_time(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("waterbal.cli.progress.PATIENCE", 0.0)
    monkeypatch.setattr("waterbal.cli.progress.LOG_INTERVAL", 0.0)
    monkeypatch.setattr("waterbal.cli.progress.LOG_GROWTH", 0.0)
    clock = [1000.0]
    monkeypatch.setattr("waterbal.cli.progress.time.monotonic", lambda: clock[0])
    with Progress() as progress:
        time.sleep(0.1)
        progress.stage("computing", "members")
        progress(500, 2000)  # there before
        clock[0] += 10.0
        progress(1000, 2000)
        progress.note("block 3 was damaged")
    assert capsys.readouterr().err.splitlines()[-3:] == [
        "waterbal: computing 500 of 2000 members (25%)",
        "waterbal: computing 1000 of 2000 members (50%), 50 members/s, 0:00:20 left",
        "waterbal: block 3 was damaged",
    ]


def test_a_long_log_stays_short(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("waterbal.cli.progress.PATIENCE", 0.0)
    clock = [1000.0]
    monkeypatch.setattr("waterbal.cli.progress.time.monotonic", lambda: clock[0])
    with Progress() as progress:
        time.sleep(0.1)
        progress.stage("computing", "members")
        for done in range(10 * 3600):  # ten hours, one member a second
            progress(done, 10 * 3600)
            clock[0] += 1.0
    lines = capsys.readouterr().err.splitlines()
    assert 60 < len(lines) < 130


def test_quiet_progress(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("waterbal.cli.progress.PATIENCE", 0.0)
    with Progress(quiet=True) as progress:
        slow(progress)
    assert capsys.readouterr() == ("", "")


# ---------------------------------------------------------------- init


def test_init(cli: Run, tmp_path: Path) -> None:
    folder = tmp_path / "深" / "城市"
    code, out, err = cli("init", folder)
    assert (code, err) == (0, "")
    assert entries(folder) == sorted(starter.FILES)
    assert out.split("\n")[0] == str(folder / "model.yaml")


@pytest.mark.parametrize("kind", ["file", "full"])
def test_init_overwrites_nothing(cli: Run, tmp_path: Path, kind: str) -> None:
    target = tmp_path / "there"
    if kind == "file":
        target.write_text("mine")
    else:
        target.mkdir()
        (target / "model.yaml").write_text("mine")
    code, out, err = cli("init", target)
    assert (code, out) == (2, "")
    assert "is not an empty folder" in err
    assert (target if kind == "file" else target / "model.yaml").read_text() == "mine"


def test_init_leaves_nothing_half_made(cli: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", full_disk)
    code, _, err = cli("init", tmp_path / "city")
    assert code == 2
    assert "No space left" in err
    assert entries(tmp_path) == []


# ---------------------------------------------------------------- check


def test_check(cli: Run, model: Path) -> None:
    code, out, err = cli("check", model)
    assert (code, err) == (0, "")
    assert "120" in out


def test_check_as_json(cli: Run, model: Path) -> None:
    code, out, err = cli("check", model, "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["steps"] == 120


def test_check_quiet(cli: Run, model: Path) -> None:
    assert cli("check", model, "--quiet") == (0, "", "")


def test_check_finds_all_problems(cli: Run, model: Path) -> None:
    text = model.read_text(encoding="utf-8")
    model.write_text(text + "\nquotaz: {}\nlinkz: {}\n", encoding="utf-8")
    code, out, err = cli("check", model)
    assert (code, out) == (3, "")
    assert "quotaz" in err
    assert "linkz" in err
    assert "did you mean 'quotas'" in err
    assert "model.yaml:" in err


def test_missing_model(cli: Run, tmp_path: Path) -> None:
    code, out, err = cli("check", tmp_path / "none.yaml")
    assert code == 3
    assert out == ""
    assert "none.yaml" in err
    assert "Traceback" not in err


def test_missing_series(cli: Run, model: Path) -> None:
    (model.parent / "climate.csv").unlink()
    code, _, err = cli("check", model)
    assert code == 4
    assert "climate.csv" in err


# ---------------------------------------------------------------- run


def test_run(cli: Run, model: Path, tmp_path: Path) -> None:
    result = tmp_path / "结果" / "balance.nc"
    code, out, err = cli("run", model, "-o", result)
    assert code == 0, err
    assert "Town households" in out
    assert entries(result.parent) == ["balance.nc"]
    with waterbal.open_result(result) as results:
        assert results.sizes["time"] == 120


def test_run_speaks_chinese(cli: Run, model: Path) -> None:
    code, out, _ = cli("run", model, "--lang", "zh")
    assert code == 0
    assert "城镇居民" in out


def test_language_follows_the_locale(cli: Run, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WATERBAL_LANG")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "城镇居民" in cli("run", model)[1]


def test_run_as_json(cli: Run, model: Path, tmp_path: Path) -> None:
    code, out, err = cli("run", model, "--json", "-o", tmp_path / "b.nc")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert told["output"] == str(tmp_path / "b.nc")
    assert told["balance"]


def test_run_quiet(cli: Run, model: Path, tmp_path: Path) -> None:
    assert cli("run", model, "--quiet", "-o", tmp_path / "b.nc") == (0, "", "")
    assert (tmp_path / "b.nc").is_file()


def test_dry_run(cli: Run, model: Path, tmp_path: Path) -> None:
    code, out, err = cli("run", model, "--dry-run", "-o", tmp_path / "b.nc")
    assert (code, err) == (0, "")
    assert "Nothing was run" in out
    assert not (tmp_path / "b.nc").exists()
    code, out, _ = cli("run", model, "--dry-run", "--json")
    assert code == 0
    assert json.loads(out)["dry_run"] is True


def test_set(cli: Run, model: Path, tmp_path: Path) -> None:
    need = []
    for people in ("20 万人", "40 万人"):
        result = tmp_path / "b.nc"
        code, _, err = cli("run", model, "--set", f"demands.households.people={people}", "-o", result, "-q")
        assert code == 0, err
        with waterbal.open_result(result) as results:
            place = [str(name.values) for name in results["demand_id"]].index("households")
            need.append(float(results["water_demand"].isel(demand=place).sum()))
    assert need[1] == pytest.approx(2 * need[0])


def test_set_unknown_path(cli: Run, model: Path) -> None:
    code, out, err = cli("run", model, "--set", "demands.household.people=1 万人")
    assert (code, out) == (3, "")
    assert "did you mean" in err
    assert "households" in err


def test_repeat_from_result(cli: Run, model: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "a.nc", tmp_path / "b.nc"
    assert cli("run", model, "-q", "-o", first, "--set", "demands.households.people=30 万人")[0] == 0
    for path in model.parent.iterdir():
        path.unlink()
    code, _, err = cli("run", "--from", first, "-q", "-o", second)
    assert code == 0, err
    with waterbal.open_result(first) as one, waterbal.open_result(second) as two:
        for name in one.data_vars:
            assert one[name].dtype == two[name].dtype
            assert one[name].values.tobytes() == two[name].values.tobytes(), name


# ---------------------------------------------------------------- where results go


@pytest.fixture
def untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail if anything is run: the place of the results is looked at first."""
    failing(monkeypatch, AssertionError("the model was read before the output was checked"), "load")


@pytest.mark.usefixtures("untouched")
def test_output_is_a_folder(cli: Run, tmp_path: Path) -> None:
    code, _, err = cli("run", "m.yaml", "-o", tmp_path)
    assert code == 2
    assert "it is a folder" in err


@pytest.mark.usefixtures("untouched")
def test_output_never_replaces_another_file(cli: Run, tmp_path: Path) -> None:
    precious = tmp_path / "model.yaml"
    precious.write_text("schema_version: 1")
    code, _, err = cli("run", precious, "-o", precious)
    assert code == 2
    assert "another kind" in err
    assert precious.read_text() == "schema_version: 1"


@pytest.mark.usefixtures("untouched")
def test_output_below_a_file(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, _, err = cli("run", "m.yaml", "-o", tmp_path / "file" / "b.nc")
    assert code == 2
    assert "is not a folder" in err


@pytest.mark.usefixtures("untouched")
def test_output_folder_is_read_only(cli: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    code, _, err = cli("run", "m.yaml", "-o", tmp_path / "b.nc")
    assert code == 2
    assert "Read-only file system" in err
    assert entries(tmp_path) == []


def test_a_failed_run_keeps_the_earlier_result(
    cli: Run, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = tmp_path / "b.nc"
    assert cli("run", model, "-q", "-o", result)[0] == 0
    before = result.read_bytes()
    failing(monkeypatch, BalanceError("does not close"))
    assert cli("run", model, "-q", "-o", result)[0] == 6
    assert result.read_bytes() == before
    assert entries(tmp_path) == sorted(["b.nc", model.parent.name])


def test_an_earlier_result_is_replaced(cli: Run, model: Path, tmp_path: Path) -> None:
    result = tmp_path / "b.nc"
    for _ in range(2):
        assert cli("run", model, "-q", "-o", result)[0] == 0
    assert entries(tmp_path) == sorted(["b.nc", model.parent.name])


# ---------------------------------------------------------------- schema, doctor, warmup


def test_schema(cli: Run, tmp_path: Path) -> None:
    code, out, err = cli("schema")
    assert (code, err) == (0, "")
    assert "schema_version" in json.loads(out)["properties"]
    for _ in range(2):
        assert cli("schema", "-o", tmp_path / "new" / "schema.json") == (0, "", "")
    assert json.loads((tmp_path / "new" / "schema.json").read_text(encoding="utf-8")) == json.loads(out)
    code, out, err = cli("schema", "--scenarios")
    assert (code, err) == (0, "")
    assert "axes" in json.loads(out)["properties"]
    assert entries(tmp_path / "new") == ["schema.json"]


def test_doctor(cli: Run) -> None:
    code, out, err = cli("doctor", "--json")
    assert (code, err) == (0, "")
    facts = json.loads(out)
    assert facts["waterbal"] == waterbal.__version__
    assert facts["cores"] >= 1
    assert isinstance(facts["cache_writable"], bool)
    assert "cache_directory" in cli("doctor")[1]


def test_warmup(cli: Run) -> None:
    code, out, _ = cli("warmup")
    assert code == 0
    assert "Kernels ready after" in out


# ---------------------------------------------------------------- as a process


def waterbal_process(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "waterbal", *map(str, arguments)]


def test_console_that_cannot_show_chinese(model: Path) -> None:
    done = subprocess.run(
        waterbal_process("run", model, "--lang", "zh"),
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr


def test_reader_that_goes_away() -> None:
    with subprocess.Popen(
        waterbal_process("schema"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
        assert process.wait() == 0


def test_interrupt(tmp_path: Path) -> None:
    program = (
        "import time, types, sys, waterbal\n"
        "api = types.ModuleType('waterbal.api')\n"
        "def load(*_):\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(60)\n"
        "api.load = load\n"
        "sys.modules['waterbal.api'] = waterbal.api = api\n"
        "from waterbal.cli.main import main\n"
        f"main(['run', 'm.yaml', '-o', {str(tmp_path / 'b.nc')!r}])\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == "waterbal: interrupted\n"
        assert process.wait() == guard.INTERRUPTED
    assert entries(tmp_path) == []
