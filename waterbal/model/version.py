"""The version of the configuration format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waterbal.errors import Message
from waterbal.model.problems import Problem

SCHEMA_VERSION = 1
"""Version that this package reads and writes; it is independent of the version of the package."""


def version_problem(config: Mapping[Any, Any]) -> Problem | None:
    """Say what is wrong with the ``schema_version`` of a configuration, if anything is."""
    expected = f"schema_version: {SCHEMA_VERSION}"
    if "schema_version" not in config:
        return Problem((), Message("缺少键 'schema_version'", "key 'schema_version' is missing"), expected)
    version = config["schema_version"]
    path = ("schema_version",)
    if isinstance(version, bool) or not isinstance(version, int):
        return Problem(
            path,
            Message(
                f"schema_version {version!r} 不是整数", f"schema_version {version!r} is not a whole number"
            ),
            expected,
        )
    if version > SCHEMA_VERSION:
        return Problem(
            path,
            Message(
                f"schema_version {version} 比本程序能读的新",
                f"schema_version {version} is newer than this waterbal reads",
            ),
            expected,
        )
    if version < SCHEMA_VERSION:
        return Problem(
            path, Message(f"没有 schema_version {version}", f"there is no schema_version {version}"), expected
        )
    return None
