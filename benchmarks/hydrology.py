"""What drawing hydrology costs: 60 years of the Jinan sites by each kind, alone and in blocks of 100.

``python -m benchmarks.hydrology [--json] [--draws 200] [--years 60] [--repeats 5]``

Sites are rain and ET0 of the shipped record, and 泺口 where series come from statistics. ``again`` is what a
second scenario with the same hydrology pays. Medians of CPU times.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks import common
from benchmarks.common import ROOT, cpu_seconds, finish, machine, median
from waterbal.hydrology import ensemble as module
from waterbal.hydrology.ensemble import Ensemble, ensemble
from waterbal.model.load import Loaded, load_model

MODEL = ROOT / "configs" / "jinan" / "model.yaml"
WEATHER = "sites: [rain, et0]"
KINDS = {
    "generated": "{kind: generated, seed: 1, sites: [luokou, rain, et0], fitted: hydrology.yaml}",
    "blocks": f"{{kind: resampled, seed: 1, {WEATHER}}}",
    "nearest months": f"{{kind: resampled, seed: 1, method: nearest, {WEATHER}}}",
    "rotated": f"{{kind: observed, rotate: true, {WEATHER}}}",
}
FITTED_HERE = f"{{kind: generated, seed: 1, {WEATHER}}}"


def loaded(hydrology: str, years: int, step: str = "month") -> Loaded:
    """Load the model with a hydrology and a length of the run; its own river is drawn by month."""
    ends = ["time.start=1980-01", f"time.end={1979 + years}-12", f"time.step={step}"]
    return load_model(MODEL, [f"hydrology={hydrology}", *ends])


def forget() -> None:
    """Forget what was read and fitted."""
    for cache in (module._cached, module._file, module._gaps, module._draws, module._planned):
        cache.cache_clear()


def measure(made: Ensemble, draws: int, repeats: int) -> common.Report:
    """Time draws of a prepared hydrology."""
    count = draws if made.size is None else min(draws, made.size)
    made.draw(0)
    alone, blocks, planning, kept = [], [], [], []
    for _ in range(repeats):
        forget()
        alone.append(1e3 * cpu_seconds(lambda: [made.draw(k) for k in range(count)]) / count)
        blocks.append(1e3 * cpu_seconds(lambda: made.draw_many(0, count)) / count)
        kept.append(1e3 * cpu_seconds(lambda: made.draw_many(0, count)) / count)
        planning.append(1e3 * cpu_seconds(made.planning))
    return {
        "cpu_ms_per_draw": median(alone),
        "cpu_ms_per_draw_in_blocks": median(blocks),
        "cpu_ms_per_draw_of_the_next_scenario": median(kept),
        "cpu_ms_planning": median(planning),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    options = common.parser(str(__doc__).splitlines()[0])
    options.add_argument("--draws", type=int, default=100)
    options.add_argument("--years", type=int, default=60)
    options.add_argument("--repeats", type=int, default=5)
    given = options.parse_args(arguments)
    kinds: dict[str, Any] = {}
    for name, text in KINDS.items():
        whole = loaded(text, given.years)
        forget()
        first = cpu_seconds(lambda whole=whole: ensemble(whole.model, whole.series_dir))
        again = [
            cpu_seconds(lambda whole=whole: ensemble(whole.model, whole.series_dir))
            for _ in range(given.repeats)
        ]
        made = ensemble(whole.model, whole.series_dir)
        kinds[name] = {
            "cpu_ms_first": round(1e3 * first, 2),
            "cpu_ms_again": median([1e3 * value for value in again]),
        } | measure(made, given.draws, given.repeats)
    fitting = []
    for _ in range(given.repeats):
        whole = loaded(FITTED_HERE, given.years)
        forget()
        fitting.append(1e3 * cpu_seconds(lambda whole=whole: ensemble(whole.model, whole.series_dir)))
    report = {
        "machine": machine("scipy"),
        "years": given.years,
        "draws": given.draws,
        "kinds": kinds,
        "cpu_ms_fit_of_two_sites": median(fitting),
    }
    finish(report, given)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
