"""Statistics of hydrology in a file of their own: written, read, put in the place of its name."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any

import yaml
from pydantic import ValidationError

from waterbal.errors import ConfigError, Issue
from waterbal.model.fitted import Fitted
from waterbal.model.marks import Key, Marks, Path
from waterbal.model.problems import place, problems
from waterbal.model.text_file import decode, read_bytes
from waterbal.model.yaml_reader import scan_yaml

_PATH: Path = ("hydrology", "fitted")


def insert_fitted(config: dict[Key, Any], marks: Marks, base: FilePath) -> list[Issue]:
    """Read the file that ``hydrology.fitted`` names into a configuration.

    Parameters
    ----------
    config : dict
        Configuration; its ``hydrology`` is replaced if it names a file.
    marks : Marks
        Takes the places in the file.
    base : Path
        Directory that the name is relative to.

    Returns
    -------
    list of Issue
        What is wrong with the file; where it cannot be read the whole hydrology is taken out.
    """
    hydrology = config.get("hydrology")
    if not isinstance(hydrology, dict) or not isinstance(hydrology.get("fitted"), str):
        return []
    file = base / hydrology["fitted"]
    try:
        statistics, read, issues = _scan(read_bytes(file), str(file))
    except ConfigError as error:
        del config["hydrology"]  # nothing more can be said of it
        where = ".".join(str(part) for part in _PATH)
        file_name, line, column = marks.place(_PATH)
        return [
            replace(
                issue,
                where=where,
                file=file_name,
                line=line,
                column=column,
                message=f"{issue.message}: {issue.file}" + (f":{issue.line}" if issue.line else ""),
            )
            for issue in error.issues
        ]
    config["hydrology"] = hydrology | {"fitted": statistics}
    marks.put(_PATH, read.root)
    return list(issues)


def read_fitted(path: str | FilePath) -> Fitted:
    """Read a file of statistics.

    Raises
    ------
    ConfigError
        With every problem of the file.
    """
    config, marks, issues = scan_yaml(decode(read_bytes(path), str(path)), str(path))
    try:
        fitted = Fitted.model_validate(config)
    except ValidationError as error:
        found = problems(error, config, Fitted.model_json_schema())
        raise ConfigError([*issues, *(place(problem, marks) for problem in found)]) from None
    if issues:
        raise ConfigError(issues)
    return fitted


class _Dumper(yaml.SafeDumper):
    """Writes lists of numbers in one line."""


def _list(dumper: yaml.SafeDumper, data: list[Any]) -> yaml.Node:
    plain = all(isinstance(item, int | float) or (isinstance(item, str) and len(item) < 20) for item in data)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=plain)


def _number(dumper: yaml.SafeDumper, data: float) -> yaml.Node:
    text = repr(data) if "e" not in repr(data) or "." in repr(data) else repr(data).replace("e", ".0e")
    return dumper.represent_scalar("tag:yaml.org,2002:float", text)


_Dumper.add_representer(list, _list)
_Dumper.add_representer(float, _number)


def fitted_text(fitted: Fitted, remark: str = "") -> str:
    """Write statistics as the YAML that ``read_fitted`` reads back to the same values.

    Parameters
    ----------
    fitted : Fitted
        Statistics.
    remark : str
        Put before them as a comment.
    """
    lines = [f"# {line}".rstrip() for line in remark.splitlines()]
    body = yaml.dump(
        fitted.model_dump(mode="json", exclude_none=True),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=160,
    )
    return "\n".join([*lines, body])


@lru_cache(maxsize=8)
def _scan(content: bytes, file: str) -> tuple[dict[Key, Any], Marks, list[Issue]]:
    """Read statistics; what many scenarios name is read once, and nobody changes it."""
    return scan_yaml(decode(content, file), file)
