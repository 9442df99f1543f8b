"""Parameter tables, references to them and overrides."""

from __future__ import annotations

import pytest

from waterbal.errors import ConfigError
from waterbal.model.lookup import resolve
from waterbal.model.overrides import apply_overrides
from waterbal.model.parameters import leading_unit, read_parameters, set_parameter
from waterbal.model.references import references_in, resolve_references
from waterbal.model.yaml_reader import parse_yaml

TABLE = """\
key,value,low,high,unit,grade,source,note
cap.total,11225,,14500,1e4 m3/yr,found,"press conference, 2024",first plan period
people.2025.town,11,9,13,1e4 persons,assumed,,
people.2030.town,26,20,30,1e4 persons,derived,own sum,
people.2030.village,1,,,1e4 persons,assumed,,
loss,0.07,0.05,,-,assumed,,
share,97,95,97,% of years,assumed,,
works.year,2028,,,year,found,news,
works.built,true,,,bool,assumed,,
rule,clip(a; b),,,formula,assumed,,
flow,8.5,,,m3/s in three rivers,assumed,,
"""
MONTHS = "key,value,unit,grade,source\n" + "".join(
    f"open.{month:02d},{month / 100},of mean month,assumed,\n" for month in range(1, 13)
)


@pytest.fixture
def table(tmp_path):
    (tmp_path / "a.csv").write_text(TABLE, encoding="utf-8")
    (tmp_path / "b.csv").write_text(MONTHS, encoding="utf-8")
    return read_parameters([tmp_path / "a.csv", tmp_path / "b.csv"])


def test_a_number_keeps_its_unit_range_and_provenance(table):
    assert resolve("cap.total", table) == {
        "value": "11225 1e4 m3/yr",
        "high": "14500 1e4 m3/yr",
        "source": "press conference, 2024",
        "grade": "found",
        "parameter": "cap.total",
    }
    assert table["cap.total"].line == 2


def test_years_are_collected_with_the_weakest_grade(table):
    assert resolve("people.{year}.town", table) == {
        "by_year": {2025: "11 1e4 persons", 2030: "26 1e4 persons"},
        "low": {2025: "9 1e4 persons", 2030: "20 1e4 persons"},
        "high": {2025: "13 1e4 persons", 2030: "30 1e4 persons"},
        "source": "own sum",
        "grade": "assumed",
        "parameter": "people.{year}.town",
    }


def test_months_are_a_list_of_twelve(table):
    number = resolve("open.{month}", table)
    assert number["by_month"] == [month / 100 for month in range(1, 13)]
    assert number["grade"] == "assumed"


@pytest.mark.parametrize(
    ("key", "value"), [("works.year", 2028), ("works.built", True), ("rule", "clip(a; b)")]
)
def test_switches_years_and_text_are_bare_values(table, key, value):
    assert resolve(key, table) == value
    assert type(resolve(key, table)) is type(value)


@pytest.mark.parametrize(("key", "value"), [("loss", 0.07), ("share", "97 %"), ("flow", "8.5 m3/s")])
def test_remarks_in_the_unit_column_are_left_out(table, key, value):
    assert resolve(key, table)["value"] == value


@pytest.mark.parametrize(
    ("cell", "unit"),
    [
        ("1e8 yuan at 2024 prices", "1e8 yuan"),
        ("L/(person d) net", "L/(person d)"),
        ("mm/yr, Mar-Nov", "mm/yr"),
        ("m3 per 1e4 yuan, gross", "m3 per 1e4 yuan"),
        ("of mean month", "-"),
        ("-", "-"),
        ("year", "year"),
    ],
)
def test_leading_unit(cell, unit):
    assert leading_unit(cell) == unit


@pytest.mark.parametrize(
    ("reference", "message", "near"),
    [
        ("cap.totl", "parameter 'cap.totl' is unknown", "cap.total"),
        ("peple.{year}.town", "no parameter matches", "people.{year}.town"),
        ("people.{month}.town", "no parameter matches", "people.{year}.town"),
        ("a.{year}.{month}", "not both", ""),
    ],
)
def test_references_that_fail(table, reference, message, near):
    with pytest.raises(LookupError) as caught:
        resolve(reference, table)
    assert message in caught.value.args[0]
    assert caught.value.args[1] == near


def test_a_month_that_is_missing_is_named(table):
    del table["open.03"], table["open.11"]
    with pytest.raises(LookupError, match="no value for month 3, 11"):
        resolve("open.{month}", table)


HEAD = "key,value,low,high,unit,grade,source,note\n"
BROKEN = [
    ("k,1,,,m,assumed,,\nk,2,,,m,assumed,,\n", [(3, "key 'k' is given twice, first at")]),
    ("k,1,,,m,guess,,\n", [(2, "grade 'guess' is unknown; expected one of found, derived, assumed")]),
    ("k,1,,,m,asumed,,\n", [(2, "did you mean 'assumed'?")]),
    ("k,one,,,m,assumed,,\n", [(2, "value 'one' is not a number")]),
    ("k,nan,,,m,assumed,,\n", [(2, "value 'nan' is not a number")]),
    ("k,,,,m,assumed,,\n", [(2, "the value is missing")]),
    ("k,1,,,,assumed,,\n", [(2, "the unit is missing")]),
    ("k,1,x,y,m,assumed,,\n", [(2, "low 'x' is not a number"), (2, "high 'y' is not a number")]),
    ("k,1,2,3,m,assumed,,\n", [(2, "low 2 is above the value 1")]),
    ("k,5,2,3,m,assumed,,\n", [(2, "high 3 is below the value 5")]),
    ("k,1,,,m,found,,\n", [(2, "a found number has no source")]),
    (",1,,,m,assumed,,\n", [(2, "the key is missing")]),
    ("人口,1,,,m,assumed,,\n", [(2, "'人口' is not a key; expected ASCII words")]),
    ("k,maybe,,,bool,assumed,,\n", [(2, "value 'maybe' is not a truth value")]),
    ("k,1,,,m,assumed,a,b,c\n", [(2, "9 cells in a table of 8 columns")]),
    ('k,1,,,m,assumed,"two\nlines",\nj,x,,,m,assumed,,\n', [(4, "value 'x' is not a number")]),
    ("k,x,,,m,assumed,,\n\nj,1,,,m,wrong,,\n", [(2, "'x' is not a number"), (4, "grade 'wrong'")]),
]


@pytest.mark.parametrize(("rows", "issues"), BROKEN, ids=range(len(BROKEN)))
def test_broken_rows(tmp_path, rows, issues):
    path = tmp_path / "p.csv"
    path.write_text(HEAD + rows, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_parameters([path])
    assert [issue.line for issue in caught.value.issues] == [line for line, _ in issues]
    for issue, (_, fragment) in zip(caught.value.issues, issues, strict=True):
        assert fragment in str(issue)
        assert issue.file == str(path)


@pytest.mark.parametrize(
    ("header", "fragments"),
    [
        ("key,vale,unit,grade", ["unknown column 'vale'", "column 'value' is missing"]),
        ("key,value,unit,grade,unit", ["column 'unit' is given twice"]),
        ("", ["the table is empty"]),
    ],
)
def test_broken_headers(tmp_path, header, fragments):
    (tmp_path / "p.csv").write_text(header, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_parameters([tmp_path / "p.csv"])
    assert len(caught.value.issues) == len(fragments)
    for issue, fragment in zip(caught.value.issues, fragments, strict=True):
        assert fragment in issue.message


def test_all_tables_are_read_before_anything_is_raised(tmp_path):
    (tmp_path / "a.csv").write_text(HEAD + "k,x,,,m,assumed,,\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_parameters([tmp_path / "none.csv", tmp_path / "a.csv", tmp_path])
    assert [issue.message.split(" is ")[0] for issue in caught.value.issues] == [
        "there",
        "value 'x'",
        "this",
    ]


def test_gb18030_tables_are_read(tmp_path):
    path = tmp_path / "p.csv"
    path.write_bytes((HEAD + "k,1,,,m,found,水资源公报,\n").encode("gb18030"))
    assert read_parameters([path])["k"].source == "水资源公报"


def test_a_changed_parameter_is_assumed(table):
    changed = set_parameter(table, "cap.total", 12000)["cap.total"]
    assert (changed.value, changed.grade, changed.source, changed.high) == (
        12000.0,
        "assumed",
        "set on the command line",
        None,
    )
    assert table["cap.total"].value == 11225.0


CONFIG = """\
works:
  plant: {capacity: {value: 20 万m3/d, source: news, grade: found}, own_use: 0.05}
links:
  a: {months: [1, 2, 3], people: {2025: 1 万人}}
priorities:
  - {demands: [town]}
  - {demands: [farm]}
"""


def _set(table, *overrides):
    config, marks = parse_yaml(CONFIG, "m.yaml")
    table, issues = apply_overrides(config, marks, table, overrides)
    return config, marks, table, issues


def test_overrides_are_applied_in_order(table):
    config, marks, _, issues = _set(
        table,
        "works.plant.own_use=0.1",
        "works.plant.own_use = 4 %",
        "links.a.months.1=12",
        "links.a.people.2030=2 万人",
        "priorities.1.sharing=first_listed",
        "links.b={from: x, to: y}",
        "works.plant.capacity=30 万m3/d",
    )
    assert issues == []
    assert config["works"]["plant"]["own_use"] == "4 %"
    assert config["links"]["a"] == {"months": [1, 12, 3], "people": {2025: "1 万人", 2030: "2 万人"}}
    assert config["priorities"][1] == {"demands": ["farm"], "sharing": "first_listed"}
    assert config["links"]["b"] == {"from": "x", "to": "y"}
    assert config["works"]["plant"]["capacity"] == {
        "value": "30 万m3/d",
        "source": "set on the command line",
        "grade": "assumed",
    }
    assert marks.place(("works", "plant", "own_use"))[0] == "--set works.plant.own_use = 4 %"
    assert marks.place(("works", "plant", "capacity"))[0] == "--set works.plant.capacity=30 万m3/d"
    assert marks.place(("links", "a", "months", 0)) == ("m.yaml", 4, 16)


def test_an_override_below_an_alias_leaves_the_other_places_alone(table):
    config, marks = parse_yaml("a: &x {p: {q: 1}}\nb: *x\n", "m.yaml")
    _, issues = apply_overrides(config, marks, table, ["b.p.q=2"])
    assert issues == []
    assert config == {"a": {"p": {"q": 1}}, "b": {"p": {"q": 2}}}
    assert marks.place(("b", "p", "q"))[0] == "--set b.p.q=2"
    assert marks.place(("a", "p", "q")) == ("m.yaml", 1, 15)


def test_an_override_of_a_parameter(table):
    *_, changed, issues = _set(table, "parameters.cap.total=1.2e4", "parameters.works.built=false")
    assert issues == []
    assert changed["cap.total"].value == 12000.0
    assert changed["works.built"].value is False


@pytest.mark.parametrize(
    ("override", "message", "expected", "near"),
    [
        ("works.plnt.own_use=1", "there is no 'plnt' in works", "", "plant"),
        ("work.plant.own_use=1", "there is no 'work' at the top", "", "works"),
        (
            "works.plant.own_use.value=1",
            "works.plant.own_use has nothing below it",
            "works.plant.own_use",
            "",
        ),
        ("priorities.2.sharing=x", "priorities has no item 2", "from 0 to 1", ""),
        ("priorities.first=x", "priorities has no item 'first'", "from 0 to 1", ""),
        ("works", "no path and value", "path=value", ""),
        ("=3", "no path and value", "path=value", ""),
        ("works.plant.own_use=[1", "did not find expected", "", ""),
        ("works.plant.own_use=012", "different number in different programs", "", ""),
        ("parameters.cap.totl=1", "parameter 'cap.totl' is unknown", "", "cap.total"),
        ("parameters.cap.total=many", "'many' does not fit", "a number in 1e4 m3/yr", ""),
        ("parameters.cap.total=true", "True does not fit", "a number in 1e4 m3/yr", ""),
        ("parameters.works.built=3", "3 does not fit", "true or false", ""),
    ],
)
def test_overrides_that_fail(table, override, message, expected, near):
    config, _, _, issues = _set(table, override)
    [issue] = issues
    assert issue.file == f"--set {override}"
    assert message in issue.message
    assert expected in issue.expected
    assert issue.nearest == near
    assert config == parse_yaml(CONFIG, "m.yaml")[0]


def test_references_are_replaced_everywhere(table):
    config, _ = parse_yaml(
        "a: '@loss'\nb: [{c: '@works.year'}]\n"
        "d: {value: '@cap.total', grade: assumed, note: mine}\ne: '@nothing'\n",
        "m.yaml",
    )
    [problem] = resolve_references(config, table)
    assert problem.path == ("e",)
    assert config["a"]["value"] == 0.07
    assert config["b"] == [{"c": 2028}]
    assert config["d"]["value"] == "11225 1e4 m3/yr"
    assert (config["d"]["grade"], config["d"]["note"]) == ("assumed", "mine")
    assert config["d"]["parameter"] == "cap.total"


def test_a_name_may_begin_like_a_reference(table):
    names = {"zh": "@公司", "en": "@loss"}
    config = {
        "sources": {"river": {"name": dict(names), "capacity": "@cap.total"}},
        "zones": {"name": {"area": "@loss"}},
    }
    assert list(references_in(config)) == ["cap.total", "loss"]
    assert resolve_references(config, table) == []
    assert config["sources"]["river"]["name"] == names
    assert config["sources"]["river"]["capacity"]["value"] == "11225 1e4 m3/yr"
    assert config["zones"]["name"]["area"]["value"] == 0.07


def test_a_field_called_value_of_an_element_is_not_a_number(table):
    config = {
        "lake": {"type": "reservoir", "value": "@cap.total"},
        "number": {"value": "@cap.total", "note": "own"},
    }
    assert resolve_references(config, table) == []
    assert config["lake"]["type"] == "reservoir"
    assert config["lake"]["value"]["value"] == "11225 1e4 m3/yr"
    assert config["number"]["value"] == "11225 1e4 m3/yr"
    assert config["number"]["note"] == "own"
