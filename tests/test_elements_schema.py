"""The schema as a whole: every field is described, every type stands in its own file."""

from __future__ import annotations

import importlib
import inspect
import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.elementkit import model
from waterbal.model.base import Strict
from waterbal.model.elements import DEMANDS, SOURCES, STORES, WORKS
from waterbal.model.schema import json_schema

TYPES = [*SOURCES, *STORES, *WORKS, *DEMANDS]
MODEL_DIR = Path(inspect.getfile(Strict)).parent


def parts() -> list[type[Strict]]:
    """Every class of the model."""
    waiting, seen = [Strict], []
    while waiting:
        for found in waiting.pop().__subclasses__():
            if found not in seen and found.__module__.startswith("waterbal."):
                seen.append(found)
                waiting.append(found)
    return seen


@pytest.mark.parametrize("part", parts(), ids=lambda part: part.__name__)
def test_every_field_is_described(part):
    for name, field in part.model_fields.items():
        if name != "type":
            assert field.description, f"{part.__name__}.{name}"
    assert part.__doc__


@pytest.mark.parametrize("element", TYPES, ids=lambda element: element.__name__)
def test_a_type_is_one_file_named_as_in_a_model(element):
    (tag,) = element.model_fields["type"].annotation.__args__
    module = importlib.import_module(element.__module__)
    assert Path(module.__file__).stem == tag
    others = [other for other in TYPES if other is not element]
    assert not {other.__module__ for other in others} & {element.__module__}


def test_the_json_schema_names_every_type_and_every_unit():
    schema = json.loads(json.dumps(json_schema()))
    assert schema["$schema"].endswith("2020-12/schema")
    assert set(schema["required"]) == {
        "schema_version", "name", "time", "zones", "demands", "priorities",
    }  # fmt: skip
    (kinds,) = schema["properties"]["demands"]["patternProperties"].values()
    tags = kinds["discriminator"]["mapping"]
    assert set(tags) == {element.model_fields["type"].annotation.__args__[0] for element in DEMANDS}
    capacity = schema["$defs"]["RiverIntake"]["properties"]["capacity"]
    assert capacity["x-unit"] == "1e4 m3/d"
    assert "description" in capacity


def test_a_model_cannot_be_changed():
    built = model()
    with pytest.raises(ValidationError, match="frozen"):
        built.id = "other"


def test_modules_stay_short():
    for path in MODEL_DIR.rglob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) < 400, path.name
