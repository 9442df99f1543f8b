"""What pydantic reports becomes issues at the right place with the nearest name; shown on a small model."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from waterbal import units
from waterbal.model.problems import place, problems, raw_path, valid_keys
from waterbal.model.yaml_reader import parse_yaml

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


class River(Part):
    type: Literal["river"]
    capacity: str
    """Largest withdrawal [1e4 m3/d]. More words."""
    months: list[Annotated[int, Field(ge=1, le=12)]] = Field(default=[], max_length=3)
    open: bool = True

    @field_validator("capacity")
    @classmethod
    def _is_rate(cls, text: str) -> str:
        units.parse(text, "rate")
        return text


class Well(Part):
    type: Literal["well"]
    depth: float = Field(gt=0)
    grade: Literal["found", "derived", "assumed"] = "assumed"


class Time(Part):
    start: str
    step: Literal["month", "dekad", "day"] = "month"


class Model(Part):
    time: Time
    sources: dict[Name, Annotated[River | Well, Field(discriminator="type")]]
    note: str | None = None
    size: int | list[int] = 1


VALID = """\
time: {start: 2001-01}
sources:
  yellow:
    type: river
    capacity: 8 m3/s
  deep: {type: well, depth: 30}
"""

CASES = [
    ("capacity: 8", "capcity: 8", [(5, 5, "unknown key 'capcity'; did you mean 'capacity'?")]),
    (
        "    capacity: 8 m3/s\n",
        "",
        [(3, 3, "key 'capacity' is missing; expected Largest withdrawal [1e4 m3/d]")],
    ),
    (
        "capacity: 8 m3/s",
        "capacity: 8 m3/s\n    zzz: 1",
        [(6, 5, "unknown key 'zzz'; expected one of type, capacity, months, open")],
    ),
    (
        "type: river",
        "type: rivr",
        [(4, 11, "unknown type 'rivr'; expected one of river, well; did you mean 'river'?")],
    ),
    ("    type: river\n", "", [(3, 3, "key 'type' is missing; expected one of river, well")]),
    ("8 m3/s", "8", [(5, 15, "8 is a number; expected text")]),
    ("8 m3/s", "8 m3", [(5, 15, "'m3' is a volume; expected a flow rate such as '20 万m3/d'")]),
    ("8 m3/s", "", [(5, 14, "the value is missing; expected text")]),
    (
        "8 m3/s",
        "8 m3/s\n    months: [1, 13, 0]",
        [(6, 17, "13 is too large; expected at most 12"), (6, 21, "0 is too small; expected at least 1")],
    ),
    (
        "8 m3/s",
        "8 m3/s\n    months: [1, 2, 3, 4]",
        [(6, 13, "a list of 4 is too long; expected a length of at most 3")],
    ),
    ("8 m3/s", "8 m3/s\n    months: 4", [(6, 13, "4 is a number; expected a list")]),
    ("8 m3/s", "8 m3/s\n    open: no", [(6, 11, "'no' is text; expected true or false")]),
    ("8 m3/s", "8 m3/s\n    open: 1", [(6, 11, "1 is a number; expected true or false")]),
    ("depth: 30", "depth: -1", [(6, 29, "-1 is too small; expected above 0")]),
    ("depth: 30", "depth: [30]", [(6, 29, "is a list; expected a number")]),
    (
        "depth: 30",
        "depth: 30, grade: asumed",
        [
            (
                6,
                40,
                "'asumed' is not valid here; expected 'found', 'derived' or 'assumed'; did you mean",
            )
        ],
    ),
    ("deep: {type: well, depth: 30}", "deep: 30", [(6, 9, "30 is a number; expected a mapping")]),
    ("deep:", "井:", [(6, 3, "'井' is not valid here; expected an ASCII id")]),
    ("deep:", "3:", [(6, 3, "3 is a number; expected text")]),
    ("time: {start: 2001-01}", "time: 2001-01", [(1, 7, "'2001-01' is text; expected a mapping")]),
    ("time: {start: 2001-01}", "time: {start: 2001-01, step: mnth}", [(1, 30, "did you mean 'month'?")]),
    ("time: {start: 2001-01}\n", "", [(1, 1, "key 'time' is missing")]),
    ("time: {start: 2001-01}", "tme: {start: 2001-01}", [(1, 1, "unknown key 'tme'; did you mean 'time'?")]),
    (
        "sources:\n",
        "note: [1]\nsize: x\nsources:\n",
        [(2, 7, "is a list; expected text"), (3, 7, "'x' is text; expected a whole number or a list")],
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), CASES, ids=range(len(CASES)))
def test_each_problem_has_its_place(old, new, expected):
    assert VALID.count(old) == 1
    config, marks = parse_yaml(VALID.replace(old, new), "m.yaml")
    with pytest.raises(ValidationError) as caught:
        Model.model_validate(config)
    issues = [place(problem, marks) for problem in problems(caught.value, config, Model.model_json_schema())]
    issues.sort(key=lambda issue: (issue.line, issue.column, issue.message != "unknown"))
    assert sorted((issue.line, issue.column) for issue in issues) == sorted(case[:2] for case in expected)
    text = "\n".join(str(issue) for issue in issues)
    for _, _, fragment in expected:
        assert fragment in text


def test_paths_are_written_with_dots():
    config, marks = parse_yaml(VALID.replace("8 m3/s", "8 m3/s\n    months: [1, 13]"), "m.yaml")
    with pytest.raises(ValidationError) as caught:
        Model.model_validate(config)
    [problem] = problems(caught.value, config, Model.model_json_schema())
    assert str(place(problem, marks)).startswith("m.yaml:6:17: sources.yellow.months.1: 13 is")


@pytest.mark.parametrize(
    ("location", "kind", "path"),
    [
        (("need", "annual", "prfile"), "extra_forbidden", ("need", "prfile")),
        (("need", "annual", "annual"), "value_error", ("need", "annual")),
        (("need", "annual", "other"), "missing", ("need", "other")),
        (("need", "function-after[x]", "prfile", 3), "float_type", ("need", "prfile", 3)),
        (("river", "river", "river"), "value_error", ("river", "river")),
        (("river", "river", "flow"), "missing", ("river", "flow")),
        (("absent",), "missing", ("absent",)),
        ((), "model_type", ()),
    ],
)
def test_levels_that_are_not_in_the_file_are_left_out(location, kind, path):
    config = {
        "need": {"annual": "1 m3/yr", "prfile": [1, 2, 3, 4]},
        "river": {"type": "river", "river": 1},
    }
    assert raw_path(location, config, kind) == (path, False)


def test_an_error_of_a_key_is_told_from_one_of_its_value():
    assert raw_path(("a", "[key]"), {"a": 1}, "string_type") == (("a",), True)


def test_the_keys_of_the_other_forms_of_a_part_are_not_offered():
    schema = {
        "anyOf": [
            {"properties": {"kind": {"enum": ["rate", "depth"]}, "file": {}}},
            {"properties": {"kind": {"const": "drawn"}, "seed": {}}},
        ]
    }
    assert valid_keys(schema, {"kind": "depth"}, ()) == ["kind", "file"]
    assert valid_keys(schema, {"kind": "drawn"}, ()) == ["kind", "seed"]
    assert valid_keys(schema, {"kind": "other"}, ()) == ["kind", "file", "seed"]
    assert valid_keys(schema, {}, ()) == ["kind", "file", "seed"]
