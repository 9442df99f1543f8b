"""The table of the scales that fit the water (量水而行), for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from waterbal.report.capacity_words import UNIT_WORDS
from waterbal.results.terms import Term, in_units

if TYPE_CHECKING:
    import xarray as xr
    from rich.table import Table

WORDS: Mapping[str, Term] = {
    "title": Term(
        "量水而行：各项规模一起缩放到满足条件为止（规划的倍数）",
        "The city that fits the water: all drivers together, as multiple of the plan",
    ),
    "balance": Term("平衡", "Balance"),
    "condition": Term("条件", "Condition"),
    "scale": Term("规模", "Scale"),
    "amount": Term("相应数量", "Which is"),
    "plan": Term("规划", "Plan"),
    "unbounded": Term("水资源不构成约束", "not bounded by water"),
    "no_room": Term("非水约束互相矛盾", "limits other than water exclude each other"),
    "refused": Term("无法判断", "cannot be judged"),
    "none": Term("不成立", "none"),
}
"""Words of the table by key; of scales that are no number by how the search ended."""


def fits_table(found: xr.Dataset, language: str) -> Table:
    """Make the table of a dataset whose balances have scales that fit.

    Parameters
    ----------
    found : Dataset
        As ``waterbal capacity --with balances`` writes it.
    language : str
        ``zh`` or ``en``.
    """
    from waterbal.report.capacity_extras import table, texts

    made = table(
        WORDS["title"].said(language),
        [(WORDS[key].said(language), "right" if key == "scale" else "left")
         for key in ("balance", "condition", "scale", "amount")],
    )  # fmt: skip
    ids, labels = texts(found, "balances_balance"), texts(found, f"balances_balance_name_{language}")
    names = dict(zip(ids, labels, strict=True))
    conditions = texts(found, f"balances_condition_name_{language}")
    scale, status = (found[f"balances_fit_{name}"].values for name in ("scale", "status"))
    for b, id in enumerate(texts(found, "balances_fit_balance")):
        for c, condition in enumerate(conditions):
            value = float(scale[b, c])
            ended = str(status[b, c])
            word = WORDS[ended if ended in WORDS else "none"].said(language)
            told = f"{value:z.3f}" if np.isfinite(value) else word
            amounts = _amounts(found, found["balances_fit_amount"].values[b, c], language)
            made.add_row(names.get(id, id), condition, told, amounts)
    made.add_row(
        WORDS["plan"].said(language),
        "",
        "1.000",
        _amounts(found, found["balances_plan_amount"].values, language),
    )
    return made


def _amounts(found: xr.Dataset, values: np.ndarray, language: str) -> str:
    from waterbal.report.capacity_extras import texts

    told = [
        in_units(f"{value:,.4g}", UNIT_WORDS[unit].said(language) if unit in UNIT_WORDS else unit, name)
        for name, unit, value in zip(
            texts(found, f"balances_driver_name_{language}"), texts(found, "balances_driver_units"), values,
            strict=True,
        )
        if np.isfinite(value)
    ]  # fmt: skip
    return ("、" if language == "zh" else ", ").join(told)
