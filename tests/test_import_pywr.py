"""Models of pywr, translated: results against those that pywr gave, refusals, hostile input."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tests import pywrkit
from waterbal.cli.main import app
from waterbal.errors import ConfigError, UsageError, WaterbalError
from waterbal.importing.ids import Ids
from waterbal.importing.json_text import read_json
from waterbal.importing.pywr import translate
from waterbal.importing.sections import read_unit
from waterbal.model.yaml_reader import read_yaml

EXPECTED = json.loads(pywrkit.EXPECTED.read_text(encoding="utf-8"))


def refusals(path: Path, **more: Any) -> list[str]:
    """Translate what has to be refused; give the lines that are printed."""
    with pytest.raises(ConfigError) as caught:
        translate(path, "m3/d", **more)
    return [str(issue) for issue in caught.value.issues]


def changed(folder: Path, name: str, *changes: tuple[tuple[Any, ...], Any]) -> Path:
    """Write a model with some values changed."""
    document = pywrkit.MODELS[name]()
    for place, value in changes:
        here = document
        for part in place[:-1]:
            here = here[part]
        here[place[-1]] = value
    return pywrkit.write(folder, name, document)


# ---- results


@pytest.mark.parametrize("name", pywrkit.MODELS)
def test_a_translation_gives_what_pywr_gave(name: str, tmp_path: Path) -> None:
    path = pywrkit.write(tmp_path / "pywr", name)
    translation = pywrkit.translated(path, pywrkit.SCENARIOS.get(name))
    ours = pywrkit.results(translation, tmp_path / "ours")
    apart = pywrkit.differences(ours, EXPECTED[name], pywrkit.gauges_of(pywrkit.MODELS[name]()))
    wanted = {key for key in ours if not key.startswith("need/")}
    assert set(apart) == wanted and wanted
    assert {raw["name"] for raw in pywrkit.MODELS[name]()["nodes"] if raw.get("cost", 0) < 0} <= {
        key.partition("/")[2] for key in wanted
    }
    assert max(apart.values()) <= pywrkit.TOLERANCE, apart


@pytest.mark.parametrize("name", [name for name in pywrkit.MODELS if name not in ("parameters", "months")])
def test_the_expected_values_are_short_of_the_needs_somewhere(name: str, tmp_path: Path) -> None:
    ours = pywrkit.results(pywrkit.translated(pywrkit.write(tmp_path, name)), tmp_path / "ours")
    short = [
        key for key in ours if key.startswith("flow/") and np.any(ours[key] < ours["need" + key[4:]] - 0.1)
    ]
    assert short, "a model whose demands are always met tells nothing about their order"


def test_another_member_of_a_scenario_gives_other_needs(tmp_path: Path) -> None:
    path = pywrkit.write(tmp_path, "parameters")
    found = pywrkit.results(pywrkit.translated(path, {"growth": 2}), tmp_path / "ours")
    assert np.allclose(found["flow/use of member"], 3.0) and np.allclose(found["flow/use of from rows"], 2.75)


def test_a_model_file_says_where_everything_came_from(tmp_path: Path) -> None:
    translation = pywrkit.translated(pywrkit.write(tmp_path, "river"))
    translation.write(tmp_path / "ours")
    text = (tmp_path / "ours" / "model.yaml").read_text(encoding="utf-8")
    assert "# Storage 'Bank storage', nodes[4]" in text and "# RiverGauge 'Gauge', nodes[2]" in text
    model, _ = read_yaml(tmp_path / "ours" / "model.yaml")
    assert model["provenance"] == {"source": "imported from river.json (pywr)", "grade": "derived"}
    assert [entry["demands"] for entry in model["priorities"]] == [["gauge"], ["town"], ["works"]]
    assert model["stores"]["bank_storage"]["capacity"] == "900 m3"
    chinese = translate(tmp_path / "river.json", "万m3/d", language="zh").files["model.yaml"]
    assert "由 pywr 模型 river.json 转换而来" in chinese and "900 万m3" in chinese


def test_a_storage_between_two_demands_is_a_reserve(tmp_path: Path) -> None:
    pywrkit.translated(pywrkit.write(tmp_path, "guarded")).write(tmp_path / "ours")
    model, _ = read_yaml(tmp_path / "ours" / "model.yaml")
    assert model["priorities"] == [{"demands": ["town"]}, {"reserve": ["tank"]}, {"demands": ["farms"]}]
    assert model["reserve"] == {"mode": "curve"}


def test_megalitres_are_thousand_cubic_metres(tmp_path: Path) -> None:
    path = pywrkit.write(tmp_path, "guarded")
    small = pywrkit.results(translate(path, "m3/d"), tmp_path / "small")
    large = pywrkit.results(translate(path, "Ml/d"), tmp_path / "large")
    assert np.allclose(large["volume/Tank"], 1000.0 * small["volume/Tank"])


# ---- refusals

REFUSED = {
    "ratio": ("river", (("nodes", 1, "type"), "RiverSplit"), "has no counterpart: flows in a fixed ratio"),
    "misspelt type": ("river", (("nodes", 0, "type"), "Catchmnt"), "did you mean 'catchment'?"),
    "unknown key": ("river", (("nodes", 3, "max_flw"), 1), "'max_flw' of node 'Pumps' (Link) has no counterpart"),
    "level": ("river", (("nodes", 4, "control_curve"), 0.5), "'control_curve' of node 'Bank storage'"),
    "cost over time": (
        "river", (("nodes", 5, "cost"), {"type": "monthlyprofile", "values": list(range(-12, 0))}),
        "'cost' of node 'Town' changes in time",
    ),
    "capacity over time": (
        "river", (("nodes", 3, "max_flow"), {"type": "monthlyprofile", "values": list(range(12))}),
        "'max_flow' of node 'Pumps' changes in time",
    ),
    "weeks": ("river", (("timestepper", "timestep"), 7), "a time step of '7' has no counterpart"),
    "mid-month": ("savings", (("timestepper", "start"), "2001-05-09"), "the run starts inside a month"),
    "flow parameter": (
        "river", (("parameters", "town"), {"type": "FlowParameter", "node": "Sea"}),
        "a value that follows the flow of the step before",
    ),
    "spread licence": (
        "licences", (("nodes", 0, "max_flow"), {"type": "annuallicense", "amount": 3, "node": "Old wells"}),
        "spread evenly over the rest of the year",
    ),
    "rolling licence": ("licences", (("nodes", 6, "type"), "RollingVirtualStorage"), "a licence over the last days"),
    "licence never renewed": ("licences", (("nodes", 6, "type"), "VirtualStorage"), "never renewed"),
    "licence inside a month": ("licences", (("nodes", 6, "reset_day"), 9), "is renewed on day '9'"),
    "uneven licence": ("licences", (("nodes", 6, "factors"), [1, 2]), "are not one positive number"),
    "benefit below detour": ("river", (("nodes", 3, "cost"), 250), "and serving it may cost 250 on the way"),
    "benefit below supply": ("licences", (("nodes", 2, "cost"), 40), "'Farms' is worth 30, and serving it may cost 44"),
    "same benefit": ("river", (("nodes", 6, "cost"), -300), "are worth the same, which leaves open who is served"),
    "benefit of a source": (
        "river", (("nodes", 0), pywrkit.node("Upper catchment", "Input", max_flow=20, cost=-5)),
        "is worth taking just to be let go",
    ),
    "benefit of a stock": ("savings", (("nodes", 1, "cost"), -50), "worth 50 and storage 'Lake' 50"),
    "keep or spill": ("savings", (("nodes", 4, "cost"), 0), "keeps its water or lets it go costs the same"),
    "emptied": ("cascade", (("nodes", 5, "cost"), 3), "storage 'Lower' is worth emptying out of the system"),
    "tie": ("licences", (("nodes", 1, "cost"), 1), "can be exchanged at no cost, which pywr leaves open"),
    "pump or not": ("river", (("nodes", 3, "cost"), 8), "can be exchanged at no cost, which pywr leaves open"),
    "two losses": (
        "losses", (("edges",), [*pywrkit.losses()["edges"], ["Spring", "Plant"]]),
        "with different losses on different ways",
    ),
    "growing need": (
        "savings", (("parameters", "factor", "params"), [0.5, 0.8, 1.0]), "grows as storage 'Lake' falls",
    ),
    "rising curves": (
        "savings", (("parameters", "level", "control_curves"), [0.3, 0.5]), "do not fall from the first to the last",
    ),
    "no way out": ("guarded", (("edges",), [["Stream", "Weir"], ["Weir", "Tank"], ["Weir", "Farms"], ["Tank", "Town"]]),
                   "has no way out of the system that is wide enough"),
    "narrow way out": ("guarded", (("nodes", 5, "max_flow"), 2), "has no way out of the system that is wide enough"),
    "forced link": ("river", (("nodes", 3, "min_flow"), 1), "a flow that must run"),
    "partly forced": ("licences", (("nodes", 0, "min_flow"), 1), "an inflow of which a part must be taken"),
    "circle": ("cascade", (("edges", 7), ["Lower", "Upper"]), "water can go round in a circle"),
    "file": ("months", (("nodes", 1, "max_flow", "url"), "nowhere.csv"), "'nowhere.csv' cannot be read"),
    "column": ("months", (("nodes", 1, "max_flow", "column"), "dayly"), "the table has no column 'dayly'"),
    "checksum": ("months", (("nodes", 1, "max_flow", "checksum"), {"md5": "0"}), "the file has another md5 checksum"),
    "short table": ("months", (("timestepper", "end"), "2004-05-31"), "not every day of every month of the run"),
    "includes": ("river", (("includes",), ["more.json"]), "'includes' has no counterpart"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_has_no_counterpart_is_named_with_its_place(case: str, tmp_path: Path) -> None:
    name, change, message = REFUSED[case]
    path = changed(tmp_path, name, change)
    found = [line for line in refusals(path) if message in line]
    assert found, refusals(path)
    file, line, column = found[0].split(":")[:3]
    assert file == str(path) and int(line) >= 1 and int(column) >= 1


def test_the_place_is_that_of_the_value(tmp_path: Path) -> None:
    path = changed(tmp_path, "river", (("nodes", 4, "control_curve"), 0.5))
    [line] = refusals(path)
    row, column = (int(part) for part in line.split(":")[1:3])
    assert path.read_text(encoding="utf-8").splitlines()[row - 1][column - 1 :].startswith('"control_curve"')


def test_everything_is_named_at_once(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        "river",
        (("nodes", 1, "type"), "DelayNode"),
        (("nodes", 3, "conversion_factor"), 2),
        (("parameters", "town"), {"type": "deficit", "node": "Works"}),
        (("timestepper", "timestep"), "W"),
    )
    text = "\n".join(refusals(path))
    for part in (
        "water that arrives steps later",
        "another unit at this node",
        "follows the deficit",
        "time step of 'W'",
    ):
        assert part in text


def test_a_scenario_has_to_be_chosen(tmp_path: Path) -> None:
    path = pywrkit.write(tmp_path, "parameters")
    [line] = refusals(path)
    assert "scenario 'growth' has 3 members" in line and "--scenario 'growth=0'" in line
    assert "has no member 3" in "\n".join(refusals(path, scenarios={"growth": 3}))
    assert "did you mean 'growth'?" in "\n".join(refusals(path, scenarios={"grwth": 0}))


@pytest.mark.parametrize("unit", ["m3", "Ml", "m3/s", "furlong/d", "", "km2/d", "Mm3/d"])
def test_a_unit_that_is_no_volume_per_day_is_refused(unit: str) -> None:
    with pytest.raises(UsageError):
        read_unit(unit)


# ---- the command


def test_the_command_writes_a_folder_that_runs(tmp_path: Path) -> None:
    path = pywrkit.write(tmp_path, "river")
    folder = tmp_path / "made" / "river"
    done = CliRunner().invoke(
        app, ["import", "pywr", str(path), "-o", str(folder), "--unit", "Ml/d", "--json"]
    )
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert sorted(told["files"]) == sorted(str(folder / name) for name in ("model.yaml", "series.csv"))
    assert told["elements"]["Bank storage"] == ["bank_storage"]
    assert CliRunner().invoke(app, ["check", str(folder / "model.yaml"), "--quiet"]).exit_code == 0
    again = CliRunner().invoke(app, ["import", "pywr", str(path), "-o", str(folder), "--unit", "Ml/d"])
    assert again.exit_code == 2 and "not an empty folder" in again.stderr


def test_the_command_writes_nothing_where_something_is_refused(tmp_path: Path) -> None:
    path = changed(tmp_path, "river", (("nodes", 1, "type"), "RiverSplit"))
    folder = tmp_path / "made"
    done = CliRunner().invoke(
        app, ["import", "pywr", str(path), "-o", str(folder), "--unit", "Ml/d", "--json"]
    )
    told = json.loads(done.stdout)
    assert done.exit_code == told["exit_code"] == 3 and not folder.exists()
    assert told["issues"][0]["line"] > 1 and "RiverSplit" in told["issues"][0]["message"]
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith(".")] == []


def test_the_command_wants_a_unit_and_whole_members(tmp_path: Path) -> None:
    path = pywrkit.write(tmp_path, "parameters")
    assert CliRunner().invoke(app, ["import", "pywr", str(path), "-o", str(tmp_path / "a")]).exit_code == 2
    for member in ("growth", "growth=", "=1", "growth=-1", "growth=x"):
        line = [
            "import",
            "pywr",
            str(path),
            "-o",
            str(tmp_path / "a"),
            "--unit",
            "m3/d",
            "--scenario",
            member,
        ]
        done = CliRunner().invoke(app, line)
        assert done.exit_code == 2 and not (tmp_path / "a").exists()


# ---- hostile input

BROKEN = {
    "empty": ("", "the file ends too early"),
    "truncated": ('{"nodes": [{"name": "a"', "does not go on"),
    "nan": ('{"nodes": NaN}', "NaN is not a finite number"),
    "infinity": ('{"nodes": [-Infinity]}', "-Infinity is not a finite number"),
    "huge": ('{"nodes": 1e999}', "is not a finite number"),
    "digits": ('{"nodes": ' + "9" * 5000 + "}", "is not a finite number"),
    "twice": ('{"nodes": [],\n "nodes": []}', ":2:2: key 'nodes' is given twice, first in line 1"),
    "list": ("[1, 2]", "the top level is no object"),
    "deep": ("[" * 5000, "nested more than"),
    "after": ("{} {}", "there is more after the end"),
    "comma": ('{"a": 1,}', "a key is missing"),
    "surrogate": ('{"a": "\\ud800"}', "half a surrogate pair"),
    "escape": ('{"a": "\\x"}', "broken text"),
    "line in text": ('{"a": "\n"}', "broken text"),
    "single quotes": ("{'a': 1}", "a key is missing"),
    "number": ('{"a": 01}', "does not go on"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_json_is_one_clear_error(case: str, tmp_path: Path) -> None:
    text, message = BROKEN[case]
    path = tmp_path / "model.json"
    path.write_text(text, encoding="utf-8")
    assert message in refusals(path)[0]


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_bytes(b'{"a": "\xff"}')
    assert "not UTF-8" in refusals(path)[0]
    assert "no such file" in refusals(tmp_path / "none.json")[0]
    assert "directory" in refusals(tmp_path)[0]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**14), 10**14) | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.text(), JSON, max_size=5), st.booleans(), st.sampled_from([None, 0, 3, "\t"]))
def test_json_is_read_as_the_standard_library_reads_it(
    tmp_path: Path, document: dict[str, Any], ascii_only: bool, indent: Any
) -> None:
    text = json.dumps(document, ensure_ascii=ascii_only, indent=indent)
    if not ascii_only and any("\ud800" <= letter <= "\udfff" for letter in text):
        return
    path = tmp_path / "document.json"
    path.write_text(text, encoding="utf-8", newline="")
    assert read_json(path)[0] == json.loads(text)


def test_parameters_in_a_circle_are_named(tmp_path: Path) -> None:
    circle = {"type": "aggregated", "agg_func": "sum", "parameters": [1, "b"]}
    path = changed(
        tmp_path,
        "river",
        (("parameters", "town"), {"type": "negative", "parameter": "b"}),
        (("parameters", "b"), "town"),
    )
    assert "in a circle: 'town' -> 'b' -> 'town'" in "\n".join(refusals(path))
    path = changed(tmp_path, "river", (("parameters", "b"), circle), (("parameters", "town"), "b"))
    assert "in a circle: 'b' -> 'b'" in "\n".join(refusals(path))


def test_a_parameter_that_doubles_at_every_reference_is_worked_out_once(tmp_path: Path) -> None:
    chain = {
        f"p{k}": {"type": "aggregated", "agg_func": "max", "parameters": [f"p{k + 1}", f"p{k + 1}"]}
        for k in range(60)
    }
    path = changed(tmp_path, "river", *((("parameters", name), value) for name, value in chain.items()),
                   (("parameters", "p60"), 5), (("parameters", "town"), "p0"))  # fmt: skip
    found = pywrkit.results(pywrkit.translated(path), tmp_path / "ours")
    assert np.allclose(found["need/Town"], 5.0)


NAMES = ["it's \"quoted\"", "two\nlines", "a=b", "北河水库", "北河", "# no comment", "x: y", "é", "  ", "9 lives",
         "\u2028", "{a}", "- a", "town", "Town", "public", "outside", "long " * 40]  # fmt: skip


def test_any_name_gets_a_valid_and_unique_id_and_keeps_its_label(tmp_path: Path) -> None:
    time = pywrkit.timestepper("2001-01-01", "2001-12-31")
    nodes = [pywrkit.node("源", "Input", max_flow=50)]
    nodes += [pywrkit.node(name, "Output", max_flow=1 + k, cost=-1 - k) for k, name in enumerate(NAMES)]
    path = pywrkit.write(
        tmp_path, "names", pywrkit.model("名", time, nodes, [["源", name] for name in NAMES])
    )
    translation = pywrkit.translated(path)
    found = pywrkit.results(translation, tmp_path / "ours")
    model, _ = read_yaml(tmp_path / "ours" / "model.yaml")
    for k, name in enumerate(NAMES):
        [id] = translation.elements[name]
        assert model["demands"][id]["name"] == {"zh": name, "en": name}
        assert model["demands"][id]["need"] == f"{1 + k} m3/d"
    total = sum(float(found[f"flow/{name}"][0]) for name in NAMES)
    assert total == pytest.approx(50.0)


def test_ids_are_cut_and_counted() -> None:
    ids = Ids()
    given_ = [ids.of("x" * 100), ids.of("x" * 101), ids.of("Öl-Mühle"), ids.of("1st"), ids.of("水")]
    assert given_ == ["x" * 64, "x" * 62 + "_2", "ol_muhle", "element_1st", "element"]


VALUES = [None, True, -1, 0, 1e300, 5, 0.5, "", "town", "Town", [], {}, [1, 2], {"type": "constant"}, {"type": 3}, [[]],
          "2001-13-01", {"type": "monthlyprofile", "values": [1, "a"]}, {"url": "weather.csv"}, {"table": "needs"},
          {"type": "dataframe", "url": "weather.csv"}, {"type": "constant", "value": "x"}]  # fmt: skip


def _places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, part in parts for place in [(*here, key), *_places(part, (*here, key))]]


def _mutate(document: Any, chance: random.Random) -> None:
    """Change, remove, double or rename something somewhere."""
    places = [place for place in _places(document) if len(place) < 4 or not isinstance(place[-1], int)]
    place = chance.choice(places)
    here = document
    for part in place[:-1]:
        here = here[part]
    if chance.random() < 0.4:
        place = chance.choice([place for place in places if place[-1] not in ("start", "end", "timestep")])
        here = document
        for part in place[:-1]:
            here = here[part]
        if isinstance(here[place[-1]], int | float):
            here[place[-1]] = here[place[-1]] * chance.choice([0.5, 0.9, 1.5, 2])
        return
    kind = chance.randrange(5)
    if kind == 0:
        del here[place[-1]]
    elif kind == 1 and isinstance(here, list):
        here.insert(chance.randrange(len(here) + 1), copy.deepcopy(here[place[-1]]))
    elif kind == 2 and isinstance(here, dict):
        here[chance.choice(["type", "name", "cost", "max_flow", "nodes", "x"])] = here.pop(place[-1])
    elif kind == 3:
        other = document
        for part in chance.choice(places):
            other = other[part]
        here[place[-1]] = copy.deepcopy(other)
    else:
        here[place[-1]] = chance.choice(VALUES)


def test_random_mutations_are_translated_or_refused_and_nothing_else(tmp_path: Path) -> None:
    """Whatever is done to a sound model: a translation that loads, or named problems; never a traceback."""
    chance = random.Random(20260101)
    documents = [made() for name, made in pywrkit.MODELS.items() if name != "parameters"]
    pywrkit.write(tmp_path, "river")
    translated = 0
    for number in range(300):
        document = copy.deepcopy(chance.choice(documents))
        for _ in range(chance.choice([1, 1, 2, 5])):
            _mutate(document, chance)
        path = tmp_path / "mutant.json"
        text = json.dumps(document)
        if number % 10 == 0:
            text = text[: chance.randrange(len(text))]
        path.write_text(text, encoding="utf-8")
        try:
            translate(path, "m3/d")
            translated += 1
        except WaterbalError as refused:
            assert refused.exit_code == 3 and all(
                issue.file in ("", str(path)) for issue in refused.issues
            ), refused
            assert all("\n" not in str(issue) and issue.line for issue in refused.issues), refused
    assert 30 < translated < 250
