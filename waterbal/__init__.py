"""Water allocation and simulation for a city: exact priorities, every cubic metre accounted for.

>>> import waterbal
>>> balance = waterbal.load("model.yaml").run()  # doctest: +SKIP

``import waterbal`` itself loads nothing heavy; the names below are fetched on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from waterbal._version import __version__

if TYPE_CHECKING:
    from waterbal.api import Case, load, open_result

__all__ = ["Case", "__version__", "load", "open_result"]

_LAZY = ("Case", "load", "open_result")


def __getattr__(name: str) -> Any:
    """Fetch a public name from ``waterbal.api`` on first use."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from waterbal import api

    value = getattr(api, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Public names, also those not fetched yet."""
    return sorted(__all__)
