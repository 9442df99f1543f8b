"""What readers call a limit: the element, and what of it limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waterbal.capacity.limits import ACTIVE, DRIVERS, EN, LEVELS, WATERS, ZH, LimitPath
from waterbal.model.base import Label
from waterbal.results.names import Labels, name_of


def limit_label(
    config: Mapping[Any, Any], limit: LimitPath, names: Mapping[str, Label] | None = None
) -> Label:
    """Name a limit.

    Parameters
    ----------
    config : mapping
        Resolved configuration of the model; an element without a name is called after what it serves.
    limit : LimitPath
    names : mapping, optional
        Names of the limits of the question, which have names of their own.
    """
    own = names or {}
    if limit.section == DRIVERS and limit.id in own:
        return own[limit.id]
    called: Any = own.get(f"{limit.section}.{limit.id}") if limit.section in (WATERS, LEVELS) else None
    called = called or name_of(limit.id, Labels.from_config(config).elements)
    part = ACTIVE if limit.section == "stores" else limit.part  # the dead volume stays as it is
    return Label(zh=f"{called.zh}·{ZH[part]}", en=f"{called.en}: {EN[part]}")
