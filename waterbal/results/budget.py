"""The budget of the whole district: everything that enters, every fate, and what stores and aquifers gain.

Each term is computed on its own from flows and rows. The residual is inputs - fates - change of storage; it
is reported, never distributed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from waterbal.model.rows import Floats
from waterbal.results.view import View


class BudgetTerm(NamedTuple):
    """A line of the budget."""

    id: str
    side: str
    """``in``, ``out`` or ``storage``."""
    zh: str
    en: str


TERMS = (
    BudgetTerm("withdrawal", "in", "水源取水", "Withdrawal from sources"),
    BudgetTerm("store_inflow", "in", "水库天然入流", "Natural inflow to reservoirs"),
    BudgetTerm("rain_on_store", "in", "水面降水", "Rain on reservoirs"),
    BudgetTerm("aquifer_recharge", "in", "降水与侧向补给", "Rain and lateral recharge"),
    BudgetTerm("consumption", "out", "用户消耗", "Consumption by users"),
    BudgetTerm("settling_loss", "out", "沉沙池等取水损失", "Settling loss"),
    BudgetTerm("conveyance_loss", "out", "输水损失", "Conveyance loss"),
    BudgetTerm("process_loss", "out", "水厂自用与处理损失", "Process loss of works"),
    BudgetTerm("discharge", "out", "处理后排放", "Discharge after treatment"),
    BudgetTerm("bypass", "out", "未处理溢流", "By-pass without treatment"),
    BudgetTerm("evaporation", "out", "水面蒸发", "Evaporation of reservoirs"),
    BudgetTerm("seepage", "out", "渗漏", "Seepage that is lost"),
    BudgetTerm("spill", "out", "弃水", "Spill"),
    BudgetTerm("phreatic_evaporation", "out", "潜水蒸发", "Phreatic evaporation"),
    BudgetTerm("aquifer_overflow", "out", "地下水溢出", "Overflow of aquifers"),
    BudgetTerm("store_change", "storage", "水库蓄变量", "Change of reservoir storage"),
    BudgetTerm("aquifer_change", "storage", "地下水蓄变量", "Change of groundwater storage"),
)
"""Losses are net of what recharges an aquifer: that part stays inside the district."""

SIGN = {"in": 1.0, "out": -1.0, "storage": -1.0}


def budget(seen: View) -> Floats:
    """Compute the budget of every step.

    Parameters
    ----------
    seen : View
        A run and its rows.

    Returns
    -------
    ndarray (member, time, term) [1e4 m3]
        In the order of ``TERMS``; changes of storage are nan in a first step whose start is unknown.
    """
    run = seen.run
    conveyance = seen.link_loss - seen.to_aquifer("links", "loss_to", "loss_recharge", seen.link_loss)
    settling = seen.source_loss - seen.to_aquifer("sources", "loss_to", "loss_recharge", seen.source_loss)
    recharging = seen.to_aquifer("stores", "seepage_to", "seepage_recharge", run.store_seepage)
    parts = {
        "withdrawal": run.source_withdrawal,
        "store_inflow": run.store_inflow,
        "rain_on_store": run.store_rain,
        "aquifer_recharge": seen.series("aquifers", lambda row: row.recharge),
        "consumption": seen.consumption,
        "settling_loss": settling,
        "conveyance_loss": conveyance,
        "process_loss": run.node_loss,
        "discharge": run.node_discharge,
        "bypass": run.node_bypass,
        "evaporation": run.store_evaporation,
        "seepage": run.store_seepage - recharging,
        "spill": run.spill,
        "phreatic_evaporation": run.aquifer_evaporation,
        "aquifer_overflow": run.aquifer_overflow,
        "store_change": run.storage - seen.before("stores"),
        "aquifer_change": run.aquifer_storage - seen.before("aquifers"),
    }
    return np.stack([parts[term.id].sum(axis=2) for term in TERMS], axis=2)


def budget_residual(table: Floats) -> Floats:
    """Return inputs - fates - change of storage.

    Parameters
    ----------
    table : ndarray (..., term) [1e4 m3]
        Of a step, or summed over steps.

    Returns
    -------
    ndarray (...) [1e4 m3]
    """
    signs = np.array([SIGN[term.side] for term in TERMS])
    residual: Floats = (table * signs).sum(axis=-1)
    return residual
