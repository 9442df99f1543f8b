"""From a validated model to canonical rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from waterbal.demand.outages import with_outages
from waterbal.errors import ConfigError, Issue, Message
from waterbal.model.assumptions import numbers
from waterbal.model.context import Context
from waterbal.model.elements.priorities import levels
from waterbal.model.elements.sources.reclaimed import Reclaimed
from waterbal.model.root import Model
from waterbal.model.rows import (
    AquiferRow,
    Floats,
    NodeRow,
    QuotaRow,
    RestrictionRow,
    Rows,
    SourceRow,
    TimeAxis,
)
from waterbal.model.setting import context_of


def axis(model: Model) -> TimeAxis:
    """Give the steps of a model."""
    return model.time.axis()


def series_needed(model: Model) -> list[str]:
    """Name the series that some number of the model uses, in the order of the model."""
    used = {number.series for _, number in numbers(model) if number.series}
    return [name for name in model.series if name in used]


def lower(
    model: Model,
    series: Mapping[str, Floats],
    reference: Mapping[str, Floats] | None = None,
    *,
    outages: bool = True,
) -> Rows:
    """Lower a model.

    Parameters
    ----------
    model : Model
        Validated and checked.
    series : mapping
        Name -> ndarray (time), every name of ``series_needed``; or ndarray (realization, time) for several
        samples at once, which gives every row that depends on them that leading axis.
    reference : mapping, optional
        The series that means of the record refer to, where ``series`` are samples or changed.
    outages : bool
        Whether the outages of the model happen; plans do not know of them.

    Returns
    -------
    Rows
        The canonical form: volumes per step and nothing that depends on the type of an element.
    """
    context = context_of(model, series, reference)
    lowered = [element.lower(id, context) for id, element in model.sources.items()]
    nodes = [row for row in lowered if isinstance(row, NodeRow)]
    nodes += [work.lower(id, context) for id, work in model.works.items()]
    demands = [demand.lower(id, context) for id, demand in model.demands.items()]
    sources = [_with_lag(row, model, context) for row in lowered if isinstance(row, SourceRow)]
    links = [link.lower(id, context) for id, link in model.links.items()]
    quotas = [quota.lower(id, context, model.quotas) for id, quota in model.quotas.items()]
    kinds = {row.id: row.kind for row in demands}
    tiers = {row.id: [label for _, label in row.tiers] for row in demands}
    rows = Rows(
        axis=context.axis,
        sources=sources,
        nodes=nodes + list(context.nodes.values()),
        stores=[store.lower(id, context) for id, store in model.stores.items()],
        aquifers=[row for row in lowered if isinstance(row, AquiferRow)],
        links=links,
        demands=demands,
        quotas=_own_members(quotas + context.quotas, sources, model),
        restrictions=_restrictions(model, kinds),
        levels=levels(model.priorities, kinds, tiers),
        reserve=model.reserve.lower(),
    )
    return with_outages(rows, model, happen=outages)


def _with_lag(row: SourceRow, model: Model, context: Context) -> SourceRow:
    """Bound a lagged plant by what was delivered a step before."""
    plant = model.sources[row.id]
    if not isinstance(plant, Reclaimed):
        return row
    usable = plant.usable(context)
    collected = context.or_else(plant.collection, 1.0)
    supply = []
    for id, demand in model.demands.items():
        reaching = 1.0 - demand.loss(context)
        for part in demand.returns:
            if part.to == row.id:
                share = reaching * context.at(part.share) * collected * usable
                if share.ndim > 1:
                    where = f"demands.{id}.returns"
                    message = Message(
                        "延时退水到某工程的比例不能随抽样的系列变化",
                        "a share that returns to a plant with a lag cannot follow a sampled series",
                    )
                    raise ConfigError(
                        Issue(
                            message,
                            where,
                            expected=Message(
                                "一个数，或在该工程写 'lag: 0'", "a number, or 'lag: 0' at the plant"
                            ),
                        )
                    )
                supply.append((id, float(share.mean())))
    return replace(row, lagged_supply=supply)


def _restrictions(model: Model, kinds: dict[str, str]) -> list[RestrictionRow]:
    return [plan.lower(id, kinds) for id, plan in model.drought.items()]


def _own_members(quotas: list[QuotaRow], sources: list[SourceRow], model: Model) -> list[QuotaRow]:
    """Count plants with a feed by the links that leave them, as they have no withdrawal of their own."""
    withdrawn = {row.id for row in sources}
    through = {id for id in model.sources if id not in withdrawn}
    aquifers = {id for id, source in model.sources.items() if getattr(source, "type", "") == "aquifer"}
    through -= aquifers
    result = []
    for quota in quotas:
        members: dict[str, float] = {}
        for name, weight in quota.members:
            leaving = [id for id, link in model.links.items() if link.from_ == name]
            for member in leaving if name in through else [name]:
                members[member] = members.get(member, 0.0) + weight
        result.append(replace(quota, members=list(members.items())))
    return result
