"""The command that a report names to make a result again: every option that decides the result, and the same bytes."""

from __future__ import annotations

import json
import shlex

import netCDF4
import pytest
import typer
from typer.testing import CliRunner

import waterbal
from tests import admissionkit
from tests.test_capacity_samples import write
from waterbal.capacity.assessment import Demand
from waterbal.capacity.command import ADMIT, CAPACITY, of_capacity
from waterbal.capacity.search import Options
from waterbal.cli.main import app
from waterbal.report.material import opened
from waterbal.report.page import proof
from waterbal.report.page.subject import Subject
from waterbal.results import netcdf

COMMANDS = typer.main.get_command(app).commands
TOLD_ONLY = {"--output", "--threads", "--json", "--lang", "--quiet", "--debug"}
"""Options that decide how or where something is told, or how fast."""
HOW = {
    "capacity": TOLD_ONLY,
    "admit": TOLD_ONLY | {"--record"},
    "sweep": TOLD_ONLY | {"--workers", "--scheduler", "--shard", "--block", "--fresh", "--dry-run", "--job-script"},
    "run": TOLD_ONLY | {"--dry-run"},
}  # fmt: skip


def deciding(name):
    """Options of a command that decide its result -> default."""
    options = [p for p in COMMANDS[name].params if p.param_type_name == "option"]
    found = {next(o for o in p.opts if o.startswith("--")): p.default for p in options}
    return {option: default for option, default in found.items() if option not in HOW[name]}


def digests(path):
    with netCDF4.Dataset(path) as file:
        return json.loads(file.getncattr("waterbal_digests"))


def printed(path, language="en"):
    """The command under Proof."""
    with opened([path]) as material:
        facts = proof.section(Subject(material, language, [path.name])).blocks[0].pairs
    return dict(facts)["Command to rebuild" if language == "en" else "重现命令"]


@pytest.mark.parametrize(("name", "known"), [("capacity", CAPACITY), ("admit", ADMIT)])
def test_every_option_that_decides_a_result_is_known_with_its_default(name, known):
    assert deciding(name) == dict(known)


def test_a_sweep_has_no_further_option_that_decides_its_result():
    assert set(deciding("sweep")) == {"--set", "--realizations", "--only", "--keep"}
    assert set(deciding("run")) == {
        "--set",
        "--realization",
        "--from",
    }  # kept in the result; --from repeats it


def test_a_command_reads_back_as_what_was_asked():
    demand = Demand(
        3, ("horizon=2035", "works=as is"), ("mix", "people"), ("mix",), "people", False, 4, 150.5, ("risk", "load"),
        7, 2, Options(2e-4, 9, 3), 1,
    )  # fmt: skip
    line = of_capacity("/folder/my scenarios.yaml", ["sources.river.capacity=5 万m3/d", "a.b*=1.1"], demand)
    words = shlex.split(line)
    assert words[:2] == ["waterbal", "capacity"]
    with COMMANDS["capacity"].make_context("capacity", words[2:]) as context:
        given = context.params
    assert (str(given["path"]), given["overrides"]) == (
        "my scenarios.yaml",
        ["sources.river.capacity=5 万m3/d", "a.b*=1.1"],
    )
    assert (given["realizations"], given["only"]) == (3, list(demand.only))
    assert (given["along"], given["alone"], given["focus"]) == (["mix", "people"], ["mix"], "people")
    assert (given["details"], given["next_limits"], given["budget"]) == (False, 4, 150.5)
    assert (given["extras"], given["risk_realizations"], given["trajectories"]) == (["risk", "load"], 7, 2)
    assert (given["tolerance"], given["audit"]) == (2e-4, 9)
    assert all(option in line for option in CAPACITY if option != "--details")
    assert "--no-details" in line
    assert of_capacity("m.yaml", (), Demand(options=Options(1e-3, 8, 8))) is None  # no option for this audit
    as_is = Demand(next_limits=1, risk_realizations=200)
    assert of_capacity("m.yaml", (), as_is) == "waterbal capacity m.yaml"
    assert (
        of_capacity("m.yaml", (), Demand())
        == "waterbal capacity m.yaml --next-limits 0 --risk-realizations 0"
    )


def again(cli, monkeypatch, line, folder, **names):
    """Give a printed command in a folder, its placeholders filled."""
    monkeypatch.chdir(folder)
    words = [names.get(word, word) for word in shlex.split(line)]
    return cli(*words[1:], "--quiet")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Capacities that were asked for with options of all kinds, beside the files they were made from."""
    folder = tmp_path_factory.mktemp("made")
    asked = [
        "capacity", write(folder, 2), "--along", "mix", "--audit", "3", "--next-limits", "2", "--budget", "250",
        "--only", "mill=large", "--set", "demands.homes.people=50 万人", "--risk-realizations", "2", "-o",
        folder / "c.nc",
    ]  # fmt: skip
    assert CliRunner().invoke(app, [str(word) for word in asked]).exit_code == 0
    return folder


def test_the_printed_command_gives_the_same_capacities(cli, made, monkeypatch):
    line = printed(made / "c.nc")
    assert "--audit 3" in line
    first = digests(made / "c.nc")
    assert again(cli, monkeypatch, line.replace("-o c.nc", "-o d.nc"), made)[0] == 0
    assert digests(made / "d.nc") == first


def test_the_command_of_a_sweep_names_its_file(made, cli):
    path = (made / "scenarios.yaml").rename(made / "my study.yaml")
    code, _, err = cli(
        "sweep", path, "-o", made / "s", "--only", "mill=large,sample=2", "--realizations", "1"
    )
    path.rename(made / "scenarios.yaml")
    assert code == 0, err
    words = shlex.split(printed(made / "s" / "results.nc"))
    assert words[:3] == ["waterbal", "sweep", "my study.yaml"]
    assert not [word for word in words if word.isupper() or word.endswith("SCENARIOS.yaml")]


@pytest.mark.long
def test_the_printed_command_gives_the_same_sweep(cli, tmp_path, monkeypatch):
    path = write(tmp_path, 2)
    code, _, err = cli(
        "sweep", path, "-o", tmp_path / "s", "--only", "mill=large,sample=2", "--keep", "yearly", "--set",
        "demands.homes.people=50 万人",
    )  # fmt: skip
    assert code == 0, err
    line = printed(tmp_path / "s" / "results.nc")
    first = digests(tmp_path / "s" / "results.nc")
    assert again(cli, monkeypatch, line, tmp_path)[0] == 0
    assert digests(tmp_path / "again" / "results.nc") == first


def test_the_printed_command_gives_the_same_admission(cli, tmp_path, monkeypatch):
    model = admissionkit.write_model(tmp_path)
    project = admissionkit.project(tmp_path)
    code, _, err = cli(
        "admit",
        model,
        project,
        "--tolerance",
        "0.01",
        "--no-seek",
        "--year",
        "2025",
        "-o",
        tmp_path / "a.json",
    )
    assert code in (0, 5), err
    first = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    line = first["command"]
    assert "--no-seek" in line
    assert again(cli, monkeypatch, f"{line} -o b.json", tmp_path)[0] == code
    assert json.loads((tmp_path / "b.json").read_text(encoding="utf-8")) == first


@pytest.mark.parametrize(("language", "told"), [("zh", "未记录"), ("en", "did not record")])
def test_of_an_older_file_it_is_said_that_options_may_be_missing(made, language, told):
    with waterbal.open_result(made / "c.nc") as found:
        older = found.load()
    del older.attrs["waterbal_command"]
    netcdf.write(older, made / "o.nc")
    line = printed(made / "o.nc", language)
    assert told in line
    assert "--only" in line
