"""What decides the results of a study, as hashes.

The hashes do not depend on the machine. The last bits of results may: numpy and the compiler of the kernels use
what the processor has, so parts carry the name of the processor that made them (``parts.processor``).
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from waterbal._version import __version__

if TYPE_CHECKING:
    from waterbal.scenarios.study import Study

_NOT_COMPUTING = ("cli", "report", "starter")
"""Parts of the package that change no result."""
_FILES = ("file", "fitted")
"""Keys of a model that name files with data."""


def ingredients(study: Study) -> dict[str, Any]:
    """Give a hash of each thing that decides results.

    Parameters
    ----------
    study : Study

    Returns
    -------
    dict
        ``version``, ``code``, ``model``, ``parameters`` and ``scenarios``; and ``data``, a hash by file.
    """
    table = [[row.key, row.value, row.unit, row.grade, row.source] for row in study.draft.table.values()]
    scenarios = [
        [scenario.id, dict(scenario.values), [[c.text, c.source, c.grade] for c in scenario.edits]]
        for scenario in study.scenarios
    ]
    return {
        "version": __version__,
        "code": CODE,
        "model": _hash(study.draft.config),
        "parameters": _hash(table),
        "scenarios": _hash(scenarios),
        "data": _data(study),
    }


def names(study: Study) -> str:
    """Hash what results say of a study that decides no number: titles, labels and which scenario is the baseline."""
    axes = [[axis.id, axis.name, [[own.value, own.name] for own in axis.values]] for axis in study.axes]
    factors = [[factor.id, factor.name] for factor in study.factors]
    scenarios = [scenario.name for scenario in study.scenarios]
    return _hash([study.name, study.description, study.baseline, axes, factors, scenarios])


def _code() -> str:
    """Hash the sources of all that computes: a version under development does not change its number."""
    root = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        if name.split("/")[0] not in _NOT_COMPUTING:
            digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


CODE = _code()
"""Of the sources as they are when this process begins to work on sweeps; it goes on with what it has loaded."""


def _data(study: Study) -> dict[str, str]:
    """Give the files that the model and its scenarios name, with a hash of each."""
    named = _files(study.draft.config)
    for scenario in study.scenarios:
        for change in scenario.edits:
            named |= _files({change.path.rsplit(".", 1)[-1]: change.value})
    found = {}
    for name in sorted(named):
        file = study.draft.directory / name
        if file.is_file():
            found[name] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found


def _files(value: Any, key: Any = "") -> set[str]:
    """Give the file names below a value."""
    if isinstance(value, dict):
        return {name for own, part in value.items() for name in _files(part, own)}
    if isinstance(value, list):
        return {name for part in value for name in _files(part)}
    return {value} if isinstance(value, str) and key in _FILES else set()


def _hash(content: Any) -> str:
    text = json.dumps(content, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
