"""JSON schema of the configuration format."""

from __future__ import annotations

from typing import Any

from waterbal.model.root import Model

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """Describe the format as JSON schema, for editors; numbers carry ``x-unit`` and ``x-dimension``."""
    return {"$schema": DIALECT, **Model.model_json_schema(by_alias=True)}
