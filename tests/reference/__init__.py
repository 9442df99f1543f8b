"""A plain simulation of ``Rows``, written from the equations, to judge the compiled engine by.

Nothing here is fast and nothing is shared with the engine: every step is stated as named variables and
constraints, and its lexicographic problem is solved one level at a time by HiGHS.
"""

from .lexicographic import Infeasible, NotSolved
from .simulation import allocate, simulate

__all__ = ["Infeasible", "NotSolved", "allocate", "simulate"]
