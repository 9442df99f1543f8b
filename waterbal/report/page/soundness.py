"""Whether results hold what a report needs, told before the work for it begins."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from waterbal.errors import DataError, Issue, Message
from waterbal.report.material import Kind, Material, kind
from waterbal.report.page.admissions import read
from waterbal.report.page.subject import SUMMED

if TYPE_CHECKING:
    import xarray as xr

NEEDED: Mapping[Kind, tuple[str, ...]] = {
    "run": ("time", "time_bnds", "step_days", "planning_year", "district_budget", "balance_residual"),
    "sweep": (*SUMMED, "scenario_id", "scenario_name_zh", "scenario_name_en", "sector_id"),
    "capacity": (
        "capacity_scale", "capacity_status", "capacity_amount", "plan_amount", "naive_scale", "planning_year",
        "exceedance_probability", "scenario_id", "direction_id", "driver_id",
    ),
}  # fmt: skip
"""Variables without which a result of a kind is not whole."""
COMMANDS: Mapping[Kind, str] = {
    "run": "waterbal run",
    "sweep": "waterbal sweep",
    "capacity": "waterbal capacity",
}
"""What writes a result of a kind."""


def check(material: Material) -> None:
    """Make sure that results are whole, unaltered, and have something to show.

    Raises
    ------
    DataError
        With everything that is wrong.
    """
    datasets = (*material.capacities, *material.runs, *material.sweeps)
    problems = [issue for results in datasets for issue in _problems(results)]
    judged = [read(content) for content in material.admissions]
    if problems:
        raise DataError(problems)
    if not datasets and not any(one.verdicts for one in judged):
        message = Message("没有报告可以展示的内容", "there is nothing that a report can show")
        raise DataError(
            Issue(
                message,
                expected=Message(
                    "run、sweep、capacity 的成果，或含项目的准入成果",
                    "a result of run, sweep, capacity, or an admission with projects",
                ),
            )
        )


def unreadable(material: Material) -> list[Issue]:
    """List what cannot be read of results: damaged parts show only when they are looked at."""
    found = []
    for results in (*material.capacities, *material.runs, *material.sweeps):
        for name, variable in results.variables.items():
            try:
                variable.load()
            except (OSError, RuntimeError, ValueError) as error:
                message = Message(f"{name} 无法读取：{error}", f"{name} cannot be read: {error}")
                found.append(
                    Issue(
                        message,
                        file=_file(results),
                        expected=Message("未损坏的文件", "a file that was not damaged"),
                    )
                )
    return found


def _problems(results: xr.Dataset) -> list[Issue]:
    what, file = kind(results), _file(results)
    expected = Message(
        f"本版本的 `{COMMANDS[what]}` 写出的文件", f"a file as `{COMMANDS[what]}` of this version writes it"
    )
    missing = [name for name in NEEDED[what] if name not in results.variables]
    found = []
    if missing:
        message = Message(
            f"{file} 不是完整的成果：缺少 {', '.join(missing)}",
            f"{file} is not a whole result: it lacks {', '.join(missing)}",
        )
        found.append(Issue(message, file=file, expected=expected))
    for attribute in ("waterbal_config", "waterbal_config_sha256"):
        if attribute not in results.attrs:
            message = Message(
                f"{file} 不是完整的成果：缺少 {attribute}",
                f"{file} is not a whole result: it lacks {attribute}",
            )
            found.append(Issue(message, file=file, expected=expected))
            return found
    digest = hashlib.sha256(
        str(results.attrs["waterbal_config"]).encode("utf-8", "surrogatepass")
    ).hexdigest()
    if digest != results.attrs["waterbal_config_sha256"]:
        found.append(
            Issue(
                Message(f"{file} 中所存的配置被改动过", f"the configuration stored in {file} was altered"),
                file=file,
            )
        )
    return found


def _file(results: xr.Dataset) -> str:
    return str(results.encoding.get("source", ""))
