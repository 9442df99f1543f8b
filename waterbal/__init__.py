"""Water allocation and simulation for a city: exact priorities, every cubic metre accounted for.

>>> import waterbal
>>> balance = waterbal.load("model.yaml").run()  # doctest: +SKIP

``import waterbal`` itself loads nothing heavy; the names below are fetched on first use.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from waterbal._version import __version__

if TYPE_CHECKING:
    from waterbal.api import Case, load, open_result
    from waterbal.scenarios.study import load as load_study
    from waterbal.scenarios.sweep import sweep

__all__ = ["Case", "__version__", "load", "load_study", "open_result", "sweep"]

_LAZY = {
    "Case": ("waterbal.api", "Case"),
    "load": ("waterbal.api", "load"),
    "load_study": ("waterbal.scenarios.study", "load"),
    "open_result": ("waterbal.api", "open_result"),
    "sweep": ("waterbal.scenarios.sweep", "sweep"),
}


def __getattr__(name: str) -> Any:
    """Fetch a public name on first use."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module, attribute = _LAZY[name]
    value = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Public names, also those not fetched yet."""
    return sorted(__all__)


if (
    "xarray" in sys.modules
):  # whoever has loaded xarray gets ``ds.waterbal`` at no cost; else: import waterbal.xarray
    from waterbal import xarray as _accessor  # noqa: F401
