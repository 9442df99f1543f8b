"""Reservoirs in the program that knows the future: balance, surface and losses, and what they may not fall below.

- The surface a of a store lies between the hulls of its curve A(V). Evaporation and seepage are (e + s) a, or what
  water there is where that is less: at least (e + s) a less the most by which it may exceed the water, and at least the
  smallest share of the volume.
- A dead volume D that only losses can bring down: V >= D - q with q <= D (1 - V / capacity), q growing by no more than
  the losses of a step.
"""

from __future__ import annotations

import numpy as np

from waterbal.capacity.bound_program import ABSENT, SHARE, Terms, each, hull
from waterbal.capacity.bound_record import MILLIMETRE, Record, arrivals, before, outflow
from waterbal.model.rows import Floats, Ints, StoreRow
from waterbal.network.index import Index


def add_stores(build: Record, names: Index) -> None:
    """Add every reservoir."""
    for store in build.rows.stores:
        capacity = build.at(store.capacity)
        dead = np.minimum(build.at(store.dead), capacity)
        least = _lowest(build, store, capacity, dead)
        columns = build.program.add_columns(build.size, least, capacity)
        active = SHARE * np.maximum(capacity - dead, 0.0)
        build.program.mark(f"stores.{store.id}.capacity", columns, active, of_rows=False)
        build.volume.append(columns)
        inflow = np.maximum(build.at(store.inflow), 0.0)
        surface, loss = _losses(build, store, columns, capacity)
        build.loss.append(loss)
        start = np.zeros(build.size)
        start[0] = store.initial
        rain = MILLIMETRE * build.at(store.rain)
        terms: Terms = [
            (columns, 1.0), (before(columns), -1.0), (surface, -rain), (loss, 1.0),
            *outflow(build, names, store.id), *each(arrivals(build, names, store.id), -1.0),
        ]  # fmt: skip
        places = build.program.add_rows(build.size, terms, upper=inflow + start)
        build.program.mark(f"stores.{store.id}.inflow", places, SHARE * inflow)
        if dead.any():
            _dead(build, store, columns, loss, capacity, dead)


def _curve(store: StoreRow) -> tuple[Floats, Floats]:
    """Return the area curve up to the largest volume there can be: volumes, and areas [km2]."""
    most = max(float(np.max(store.capacity)), store.initial)
    inside = store.curve_volume < most
    volume = np.append(store.curve_volume[inside], most)
    return volume, np.interp(volume, store.curve_volume, store.curve_area)


def _losses(build: Record, store: StoreRow, volume: Ints, capacity: Floats) -> tuple[Ints, Ints]:
    """Add surface and losses of a store; the surface is that of the start, or of a mean with the end."""
    program = build.program
    depth = MILLIMETRE * (build.at(store.evaporation) + build.at(store.seepage))
    rain = MILLIMETRE * build.at(store.rain)
    if not depth.any() and not rain.any():
        none = np.full(build.size, ABSENT)
        return none, none
    x, y = _curve(store)
    surface = program.add_columns(build.size, float(y.min()), float(y.max()))
    loss = program.add_columns(build.size, 0.0, depth * float(y.max()))
    first = np.zeros(build.size)
    first[0] = store.initial
    own = 1.0 if store.passes == 1 else 0.5
    other = np.zeros(build.size) if store.passes == 1 else 0.5 * capacity
    for sign in (1.0, -1.0):
        for constant, slope in hull(x, y, sign):
            end = other if (slope > 0.0) == (sign > 0.0) else 0.0
            side = constant + slope * (own * first + end)
            terms: Terms = [(surface, 1.0), (before(volume), -slope * own)]
            upper, lower = (side, -np.inf) if sign > 0.0 else (np.inf, side)
            program.add_rows(build.size, terms, lower, upper)
    program.add_rows(build.size, [(loss, 1.0), (surface, -depth)], upper=0.0)
    short = _overdrawn(build, store, depth)
    program.add_rows(build.size, [(loss, 1.0), (surface, -depth)], lower=-short)
    if (short > 0.0).any() and (build.at(store.inflow) >= 0.0).all():
        with np.errstate(divide="ignore"):
            ratio = float(np.min(y[x > 0.0] / x[x > 0.0], initial=np.inf))
        least = np.minimum(1.0, own * depth * ratio) if np.isfinite(ratio) else np.zeros(build.size)
        program.add_rows(build.size, [(loss, 1.0), (before(volume), -least)], lower=least * first)
    return surface, loss


def _overdrawn(build: Record, store: StoreRow, depth: Floats) -> Floats:
    """Return by how much losses may exceed the water there is, ndarray (position)."""
    x, y = _curve(store)
    held = x
    if store.passes > 1:  # the surface is that of V / 2 + (end of the step) / 2, at most
        x = np.sort(np.append(x, 0.5 * x[-1]))
        y = np.interp(x, *_curve(store))
        held = np.maximum(2.0 * x - x[-1], 0.0)
    net = depth - MILLIMETRE * build.at(store.rain)
    return np.asarray(
        np.max(np.maximum(net[:, None] * y - held - build.at(store.inflow)[:, None], 0.0), axis=1)
    )


def _lowest(build: Record, store: StoreRow, capacity: Floats, dead: Floats) -> Floats:
    """Return a volume that no end of a step is below: links leave the dead volume, only losses take of it."""
    x, y = _curve(store)
    net = MILLIMETRE * (build.at(store.rain) - build.at(store.evaporation) - build.at(store.seepage))
    inflow = build.at(store.inflow)
    low = store.initial
    found = np.zeros(build.size)
    for u in range(build.size):
        at = np.append(low, x[x > low])
        area = np.interp(at, x, y)
        if store.passes > 1:
            at, area = np.full(2, low), np.array([y.min(), y.max()])
        available = float(np.min(at + inflow[u] + net[u] * area))
        low = max(min(dead[u], available, capacity[u]), 0.0)
        found[u] = low
    return found * (1.0 - 1e-9)


def _dead(build: Record, store: StoreRow, volume: Ints, loss: Ints, capacity: Floats, dead: Floats) -> None:
    """Add what is missing of a dead volume: it grows by losses alone, and is nothing when the store is full."""
    program = build.program
    missing = program.add_columns(build.size, 0.0, dead)
    program.add_rows(build.size, [(volume, 1.0), (missing, 1.0)], lower=dead)
    places = program.add_rows(build.size, [(missing, capacity), (volume, dead)], upper=dead * capacity)
    active = SHARE * np.maximum(capacity - dead, 0.0)
    program.mark(f"stores.{store.id}.capacity", places, active * dead, [(missing, -active)])
    start = np.zeros(build.size)
    start[0] = max(float(dead[0]) - store.initial, 0.0)
    raised = np.maximum(np.diff(dead, prepend=dead[:1]), 0.0)
    vanished = np.maximum(-build.at(store.inflow), 0.0)
    terms: Terms = [(missing, 1.0), (before(missing), -1.0), (loss, -1.0)]
    program.add_rows(build.size, terms, upper=start + raised + vanished)
