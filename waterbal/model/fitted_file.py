"""Statistics of hydrology in a file of their own, put in the place of its name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

from waterbal.errors import ConfigError, Issue
from waterbal.model.marks import Key, Marks, Path
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
        What is wrong with the file; the name is then taken out.
    """
    hydrology = config.get("hydrology")
    if not isinstance(hydrology, dict) or not isinstance(hydrology.get("fitted"), str):
        return []
    file = base / hydrology["fitted"]
    try:
        statistics, read, issues = scan_yaml(decode(read_bytes(file), str(file)), str(file))
    except ConfigError as error:
        config["hydrology"] = {key: value for key, value in hydrology.items() if key != "fitted"}
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
    return issues
