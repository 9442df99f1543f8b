"""What a scenario file consists of, as plain data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from waterbal.errors import WaterbalError
from waterbal.model.text_file import decode, read_bytes
from waterbal.model.yaml_reader import scan_yaml
from waterbal.scenarios.study import Study


def is_study(path: str | Path) -> bool:
    """Tell whether a file is a scenario file and not a model; one that cannot be read is neither."""
    try:
        content, _, _ = scan_yaml(decode(read_bytes(path), str(path)), str(path))
    except WaterbalError:
        return False
    return "model" in content and "demands" not in content


def overview(study: Study) -> dict[str, Any]:
    """Sum up a study.

    Parameters
    ----------
    study : Study
        Checked.

    Returns
    -------
    dict
        Names, axes with their values, numbers of scenarios and realizations; JSON-able.
    """
    baseline = study.scenarios[study.baseline].id if study.baseline is not None else None
    told: dict[str, Any] = {
        "study": study.name.model_dump(),
        "model": str(study.model_path),
        "scenarios": len(study.scenarios),
        "baseline": baseline,
        "realizations": study.realizations,
        "keep": study.keep,
        "axes": {axis.id: [value.value for value in axis.values] for axis in study.axes},
    }
    if study.factors:
        samples = {scenario.sample for scenario in study.scenarios}
        told |= {"samples": len(samples), "sampled": [factor.id for factor in study.factors]}
    return told | ({"notes": list(study.notes)} if study.notes else {})
