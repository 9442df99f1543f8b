"""Models of pywr 1.x: read, translated where that is provably the same, refused by name where not."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from waterbal.errors import ConfigError, nearest
from waterbal.importing.frames import Frames
from waterbal.importing.ids import Ids
from waterbal.importing.json_text import read_json
from waterbal.importing.listing import Listing, plain, quoted
from waterbal.importing.network import DEMAND, GAUGE, NetworkReader, named, storages
from waterbal.importing.order import order
from waterbal.importing.parameters import Parameters
from waterbal.importing.steps import read_steps
from waterbal.importing.translation import SERIES_FILE, Translator, read_unit
from waterbal.importing.writing import MODEL_FILE, model_text, series_text, write_folder

READ = (
    "metadata",
    "timestepper",
    "nodes",
    "edges",
    "parameters",
    "recorders",
    "tables",
    "scenarios",
    "solver",
    "comment",
)
"""Keys of a model that are read or change no result."""
MEANING = {
    "includes": "other files that belong to the model; put them into one",
    "scenario_combinations": "which members of scenarios belong together; choose one with --scenario",
    "bisection": "a search for the largest value of a parameter; `waterbal capacity` searches its own way",
}


@dataclass(frozen=True)
class Translation:
    """A translated model."""

    files: Mapping[str, str]
    """Name -> text of the files."""
    notes: tuple[str, ...]
    """What whoever uses it should know."""
    elements: Mapping[str, list[str]] = field(default_factory=dict)
    """Name in pywr -> ids of what stands for it."""
    steps: int = 0
    """Steps that pywr runs; later ones complete the last month."""

    def write(self, folder: Path) -> list[Path]:
        """Write the model into a new folder and give its files.

        Raises
        ------
        UsageError
            If something stands there already.
        """
        return write_folder(folder, dict(self.files))


def translate(
    path: Path, unit: str, *, scenarios: Mapping[str, int] | None = None, language: str = "en"
) -> Translation:
    """Translate a model of pywr.

    Parameters
    ----------
    path : Path
        Model file (JSON).
    unit : str
        Unit of its flows, a volume per day such as ``Ml/d``; volumes are in what flows in a day.
    scenarios : mapping, optional
        Member of each scenario of the model, from 0.
    language : str
        ``zh`` or ``en``, of the comments.

    Returns
    -------
    Translation
        A model that gives pywr's own results.

    Raises
    ------
    ConfigError
        With everything that is wrong or has no counterpart.
    UsageError
        If the unit is no volume per day.
    """
    read = read_unit(unit)
    document, marks = read_json(path)
    listing = Listing(marks)
    _check_top(document, listing)
    chosen = _scenarios(document.get("scenarios"), dict(scenarios or {}), listing)
    nodes = named(document, listing)
    steps = read_steps(document, listing)
    if steps is None:
        raise ConfigError(_ordered(listing))
    known = document.get("parameters") or {}
    if not isinstance(known, dict):
        listing.refuse(("parameters",), "the parameters are no object", "an object")
        known = {}
    frames = Frames(listing, path.parent, document.get("tables"))
    parameters = Parameters(listing, steps, frames, known, chosen, storages(nodes))
    ids = Ids()
    network = NetworkReader(listing, parameters, ids).read(document, nodes)
    if network.order() is None:
        listing.refuse(("edges",), "water can go round in a circle; there is no counterpart")
    if not network.of(DEMAND, GAUGE):
        listing.refuse(
            (), "nothing asks for water: no output has a negative cost", "an output with a cost below 0"
        )
    for node in network.of(DEMAND):
        if not any(above.kind in ("source", "store") for above in _above(network, node.name)):
            listing.refuse(
                node.path, f"no water can reach {quoted(node.name)}", "edges from a source or storage"
            )
    if listing.issues:
        raise ConfigError(_ordered(listing))
    ordered = order(network, listing)
    translator = Translator(network, ordered, steps, listing, ids, read, language)
    sections = translator.translate()
    if listing.issues:
        raise ConfigError(_ordered(listing))
    if document.get("recorders"):
        listing.note("recorders were left out: a result here holds every series")
    metadata = document.get("metadata")
    title = metadata.get("title") if isinstance(metadata, dict) else None
    text = model_text(
        sections, steps, read, title=title if isinstance(title, str) and title.strip() else path.stem, file=path.name,
        notes=listing.notes, language=language,
    )  # fmt: skip
    files = {MODEL_FILE: text}
    if sections.series:
        files[SERIES_FILE] = series_text(sections, steps)
    _verify(files)
    return Translation(files, tuple(listing.notes), translator.elements, steps.own)


def _above(network: Any, name: str) -> Any:
    from waterbal.importing.network import upstream

    return upstream(network, name)


def _check_top(document: dict[str, Any], listing: Listing) -> None:
    """Refuse what a model has beside nodes, edges and parameters."""
    for key in document:
        if key not in READ:
            meaning = MEANING.get(key, "")
            message = f"{quoted(key)} has no counterpart" + (f": {meaning}" if meaning else "")
            listing.refuse((key,), message, key=True)


def _scenarios(raw: Any, chosen: dict[str, int], listing: Listing) -> dict[str, int]:
    """Check the members chosen against the scenarios of the model."""
    sizes: dict[str, int] = {}
    for i, scenario in enumerate(raw if isinstance(raw, list) else [] if raw is None else [raw]):
        name = scenario.get("name") if isinstance(scenario, dict) else None
        size = scenario.get("size") if isinstance(scenario, dict) else None
        if not isinstance(name, str) or not isinstance(size, int) or isinstance(size, bool):
            listing.refuse(("scenarios", i), "this is no scenario", "an object with name and size")
            continue
        sizes[name] = size
        if name not in chosen:
            option = f"--scenario '{plain(name)}=0'"
            message = f"scenario {quoted(name)} has {size} members; one has to be chosen, numbered from 0"
            listing.refuse(("scenarios", i), message, option)
        elif not 0 <= chosen[name] < size:
            listing.refuse(
                ("scenarios", i), f"scenario {quoted(name)} has no member {chosen[name]}", f"0 to {size - 1}"
            )
        else:
            listing.note(f"member {chosen[name]} of scenario {quoted(name)} was translated")
    for name in chosen:
        if name not in sizes:
            listing.refuse((), f"there is no scenario {quoted(name)}", nearest=nearest(name, sizes))
    return {name: chosen.get(name, 0) for name in sizes}


def _ordered(listing: Listing) -> list[Any]:
    """Give the issues in the order of the file."""
    return sorted(listing.issues, key=lambda issue: (issue.line, issue.column))


def _verify(files: Mapping[str, str]) -> None:
    """Read the model as it will be read; what is wrong then is told as it stands."""
    from waterbal import api

    with tempfile.TemporaryDirectory(prefix="waterbal-") as folder:
        for name, text in files.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        api.load(Path(folder) / MODEL_FILE).rows()
