"""Waterbal and EPA SWMM day by day: what users return enters the sewers, what leaves the works is there to be used.

``python couple.py`` runs the year and prints where every cubic metre went; ``--days 30`` runs less of it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pyswmm import Links, Nodes, RainGages, Simulation, SystemStats

from waterbal.bmi import WaterbalBmi

HERE = Path(__file__).resolve().parent
DAY = 86_400
"""[s]"""
UNIT = 1e4
"""[m3] of one unit of waterbal, 1e4 m3."""
ROUTING_STEP = 60
"""[s] as in city.inp; SWMM goes from one inflow to the next in a straight line over one of these."""
BASINS = {"reclaimed": "reclaimed_basin", "rain": "rain_basin"}
"""Outfall of SWMM -> store of waterbal that it flows into."""
DRAWN = {"reclaimed": ("reclaimed_factories", "reclaimed_parks"), "rain": ("rain_parks",)}
"""Outfall of SWMM -> links by which users take its water."""


@dataclass
class Basin:
    """What arrived at an outfall of SWMM and what became of it in the basin of waterbal, summed up [m3]."""

    arrived: float = 0.0
    """By SWMM."""
    given: float = 0.0
    """Inflow of the basin: what arrived up to the day before."""
    rain: float = 0.0
    evaporated: float = 0.0
    seeped: float = 0.0
    drawn: float = 0.0
    """Taken by users."""
    spilled: float = 0.0
    stored: float = 0.0
    """Change of what the basin holds."""
    waiting: float = 0.0
    """What arrived on the last day, to be given on the next."""


@dataclass
class Sewers:
    """What users returned and what became of it in SWMM, summed up [m3]."""

    returned: float = 0.0
    """By waterbal."""
    entered: float = 0.0
    """External inflow, by SWMM; so are all below."""
    runoff: float = 0.0
    """Runoff that entered the rain sewer."""
    left: float = 0.0
    """Outflow of all outfalls."""
    lost: float = 0.0
    """Evaporation, seepage and flooding."""
    held: float = 0.0
    """What nodes and links hold at the end; they were empty at the start."""
    routing_error: float = 0.0
    """What SWMM says it cannot account for, as share of what entered [-]."""

    @property
    def unaccounted(self) -> float:
        """What entered and is nowhere, as share of what entered [-]."""
        entered = self.entered + self.runoff
        return (entered - self.left - self.lost - self.held) / entered


class Coupling:
    """Both models, kept in step.

    Parameters
    ----------
    water : WaterbalBmi
        Initialized.
    swmm : Simulation
        Started by the first day.
    """

    def __init__(self, water: WaterbalBmi, swmm: Simulation) -> None:
        self.water, self.swmm = water, swmm
        self.nodes = Nodes(swmm)
        self.gauge = RainGages(swmm)["gauge"]
        self.totals = SystemStats(swmm)
        self.stores = water.element_ids("store__store_inflow")
        self.links = water.element_ids("link__link_flow")
        returns = water.element_ids("return__return_flow_part")
        self.users = {name.split(">")[0]: i for i, name in enumerate(returns) if name.endswith(">outside")}
        self.flow = dict.fromkeys(self.users, 0.0)
        """Inflow of the day before at each user's node [m3/s]."""
        self.basins = {outfall: Basin() for outfall in BASINS}
        self.sewers = Sewers()
        swmm.step_advance(DAY)
        swmm.start()
        self._days = iter(swmm)

    def value(self, name: str, i: int) -> float:
        """Return a volume of waterbal [m3]."""
        return UNIT * float(self.water.get_value_ptr(name)[i])

    def day(self) -> None:
        """Run one day in both: first waterbal with what left SWMM the day before, then SWMM with the day's returns."""
        rain = float(self.water.get_value_ptr("zone__rain")[0])  # of the coming day [mm]
        before = {o: self.value("store__storage_volume", self.stores.index(s)) for o, s in BASINS.items()}
        for outfall, store in BASINS.items():
            inflow = np.array([self.basins[outfall].waiting / UNIT])
            self.water.set_value_at_indices(
                "store__store_inflow", np.array([self.stores.index(store)]), inflow
            )
        self.water.update()
        for outfall, store in BASINS.items():
            basin, i = self.basins[outfall], self.stores.index(store)
            basin.given += basin.waiting
            basin.rain += self.value("store__rain_on_store", i)
            basin.evaporated += self.value("store__evaporation", i)
            basin.seeped += self.value("store__seepage", i)
            basin.spilled += self.value("store__spill", i)
            basin.drawn += sum(self.value("link__link_flow", self.links.index(j)) for j in DRAWN[outfall])
            basin.stored += self.value("store__storage_volume", i) - before[outfall]

        for user, i in self.users.items():
            volume = self.value("return__return_flow_part", i)
            self.sewers.returned += volume
            self.flow[user] = steady_flow(volume, self.flow[user])
            self.nodes[user].generated_inflow(self.flow[user])
        self.gauge.total_precip = rain / 24.0  # [mm/h]
        next(self._days, None)
        for outfall, basin in self.basins.items():
            total = self.nodes[outfall].cumulative_inflow
            basin.waiting = total - basin.arrived
            basin.arrived = total

    def close(self) -> None:
        """Write down what SWMM says of the whole run."""
        routing = self.totals.routing_stats
        self.sewers.entered = routing["external_inflow"]
        self.sewers.runoff = routing["wet_weather_inflow"]
        self.sewers.left = routing["outflow"]
        self.sewers.lost = routing["evaporation_loss"] + routing["seepage_loss"] + routing["flooding"]
        self.sewers.held = sum(part.volume for part in (*self.nodes, *Links(self.swmm)))
        self.sewers.routing_error = routing["routing_error"] / 100.0


def steady_flow(volume: float, before: float) -> float:
    """Return the flow that brings a volume in one day, after another flow the day before [m3/s].

    SWMM goes from one to the other in a straight line over the first routing step.
    """
    return (volume - before * ROUTING_STEP / 2) / (DAY - ROUTING_STEP / 2)


def couple(folder: Path, days: int | None = None) -> Coupling:
    """Run both models.

    Parameters
    ----------
    folder : Path
        Where SWMM writes its report.
    days : int, optional
        Number of days; the whole record of the model if not given.
    """
    water = WaterbalBmi()
    water.initialize(str(HERE / "model.yaml"))
    with Simulation(str(HERE / "city.inp"), str(folder / "city.rpt"), str(folder / "city.out")) as swmm:
        if str(swmm.start_time.date()) != water.start_date:
            sys.exit(f"SWMM starts on {swmm.start_time.date()}, waterbal on {water.start_date}")
        coupling = Coupling(water, swmm)
        for _ in range(round(water.get_end_time()) if days is None else days):
            coupling.day()
        coupling.close()
    water.finalize()
    return coupling


def lines(coupling: Coupling) -> list[str]:
    """Return where all water went, as text."""
    sewers = coupling.sewers
    table = [
        ("returned by users (waterbal)", sewers.returned),
        ("entered the sewers (SWMM)", sewers.entered),
        ("runoff into the rain sewer (SWMM)", sewers.runoff),
        ("left at the outfalls (SWMM)", sewers.left),
        ("lost in SWMM", sewers.lost),
        ("held in SWMM at the end", sewers.held),
    ]
    for outfall, basin in coupling.basins.items():
        table += [
            (f"{outfall}: arrived at the outfall (SWMM)", basin.arrived),
            (f"{outfall}: given to the basin (waterbal)", basin.given),
            (f"{outfall}: to be given the day after", basin.waiting),
            (f"{outfall}: taken by users (waterbal)", basin.drawn),
            (f"{outfall}: spilled (waterbal)", basin.spilled),
        ]
    text = [f"{label:42}{volume:14,.0f} m3" for label, volume in table]
    text.append(f"{'not accounted for in SWMM':42}{sewers.unaccounted:14.4%}")
    text.append(f"{'routing error that SWMM reports':42}{sewers.routing_error:14.4%}")
    return text


def main() -> None:
    """Run the coupling and print its account."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--days", type=int, default=None, help="days to run; the whole record if not given")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print("\n".join(lines(couple(Path(folder), given.days))))


if __name__ == "__main__":
    main()
