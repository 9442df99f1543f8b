"""Every benchmark runs on a tiny size and its document has the fields the table is made from; no times are judged."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import capacity, environment, hydrology, startup, sweep, table, vs_highs, vs_pywr
from benchmarks import jinan as many

ROOT = Path(__file__).resolve().parent.parent


def document(module: Any, folder: Path, *arguments: str) -> dict[str, Any]:
    """Run a benchmark and return its document."""
    path = folder / "document.json"
    assert module.main([*arguments, "--json", "--out", str(path)]) == 0
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    assert {"processor", "cores", "load_average", "numba", "waterbal"} <= found["machine"].keys()
    return found


def test_pywr_is_the_same_water(tmp_path: Path) -> None:
    home = environment.default_environment()
    if not environment.has_pywr(home):
        pytest.skip(f"no pywr in {home}; `python -m benchmarks.vs_pywr` puts it there")
    found = document(vs_pywr, tmp_path, "--scenarios", "2", "--years", "2", "--repeats", "1")
    assert found["agrees"]
    assert found["largest_difference"] < 1e-9
    assert found["scenario_steps"] == 48
    assert found["waterbal"]["cpu_us_per_step"] > 0.0
    assert found["ratio"] > 0.0
    assert table.pywr_lines(found)


def test_totals_that_differ_are_told() -> None:
    theirs = {"res_1": np.array([100.0, 50.0]), "spill": np.array([0.0, 0.0])}
    ours = {"res_1": np.array([100.0, 50.1]), "spill": np.array([0.0, 1e-9])}
    apart = vs_pywr.differences(ours, theirs)
    assert apart["res_1"] == pytest.approx(0.002)
    assert apart["spill"] == pytest.approx(1e-9)


def test_no_pywr_is_an_exit_code(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(_venv: Path | None) -> Path:
        raise environment.NoPywr("no network")

    monkeypatch.setattr(environment, "prepare", refuse)
    assert vs_pywr.main(["--scenarios", "1"]) == 2
    assert "no network" in capsys.readouterr().err


def test_highs_finds_the_same_levels(tmp_path: Path) -> None:
    found = document(vs_highs, tmp_path, "--steps", "6", "--repeats", "1")
    assert found["steps"] == 6
    assert found["sequential"]["steps_that_differ"] == 0
    assert found["weighted"]["cpu_us_per_step"] > 0.0
    assert table.highs_lines(found)


def test_threads_do_not_change_a_bit(tmp_path: Path) -> None:
    found = document(many, tmp_path, "--shared-case", "--scenarios", "20", "--repeats", "1")
    assert found["many"]["identical_for_any_threads"]
    assert found["many"]["failed_scenarios"] == 0
    assert set(found["many"]["wall_s"]) == {"1", "2"}
    assert table.jinan_lines(found)


@pytest.mark.long
def test_one_run_is_timed_from_file_to_file() -> None:
    found = many.one_run(ROOT / "configs" / "library" / "one_source.yaml", 1)
    assert set(found["stages_s"]) == {"read", "lower", "build", "simulate_and_check", "write"}
    assert found["file_mib"] > 0.0


@pytest.mark.long
def test_sweeps_are_timed_and_identical(tmp_path: Path) -> None:
    size = ("--members", "8", "--realizations", "2", "--years", "3", "--blocks", "3")
    found = document(sweep, tmp_path, *size)
    assert found["identical"]
    assert (found["members"], found["scenarios"], found["steps_each"]) == (8, 4, 60)
    assert found["runs"]["one_thread"]["members"] == 2
    assert found["per_block"]["thread_ms"] > 0.0
    assert 0.0 < found["writing"]["share"] < 1.0
    assert len(table.sweep_lines(found)) == 5


def test_starting_up_is_timed(tmp_path: Path) -> None:
    found = document(startup, tmp_path, "--repeats", "1", "--no-compile")
    assert found["help"]["wall_s"] > 0.0
    assert found["import"]["cpu_s"] > 0.0
    assert table.startup_lines(found)


def test_table_is_made_from_documents() -> None:
    part = {"wall_s": 0.125, "cpu_s": 0.1}
    report = {
        "benchmark": "startup",
        "machine": {"processor": "some processor", "cores": 2, "load_average": 0.5},
        "help": part,
        "import": part,
    }
    text = table.markdown([report])
    assert "| `waterbal --help` | 0.12 s | CPU 0.10 s |" in text
    assert "some processor, 2 cores" in text


def test_every_document_of_the_table_has_a_command() -> None:
    for command in table.COMMANDS.values():
        assert callable(importlib.import_module(command[0]).main)


def test_hydrology_is_drawn_by_every_kind(tmp_path: Path) -> None:
    found = document(hydrology, tmp_path, "--draws", "2", "--years", "2", "--repeats", "1")
    assert set(found["kinds"]) == set(hydrology.KINDS)
    assert all(kind["cpu_ms_per_draw"] > 0.0 for kind in found["kinds"].values())
    assert found["cpu_ms_fit_of_two_sites"] > 0.0


@pytest.mark.long
def test_capacity(tmp_path: Path) -> None:
    found = document(capacity, tmp_path, "--scenarios", "1", "--realizations", "2")
    assert found["alone"]["mean"] == pytest.approx(found["plain_bisection"]["mean"], abs=2e-3)
    assert found["together"]["capacities"] == 4
    assert found["growth_per_value"] > 0.0
    assert len(table.capacity_lines(found)) == 4
