"""Models of pywr 1.x: read, translated where that is provably the same, refused by name where not."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from waterbal.errors import ConfigError, Message
from waterbal.importing.checks import check_keys, check_scenarios, check_ways
from waterbal.importing.frames import Frames
from waterbal.importing.ids import Ids
from waterbal.importing.json_text import read_json
from waterbal.importing.listing import Listing
from waterbal.importing.network_reader import NetworkReader, named, storages
from waterbal.importing.node_types import check_type
from waterbal.importing.order import order
from waterbal.importing.parameter_types import TYPES
from waterbal.importing.parameters import Parameters, check_types
from waterbal.importing.sections import read_unit
from waterbal.importing.steps import read_steps
from waterbal.importing.translation import SERIES_FILE, Translator
from waterbal.importing.writing import MODEL_FILE, model_text, series_text, write_folder


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
    check_keys(document, listing)
    chosen = check_scenarios(document, dict(scenarios or {}), listing)
    nodes = named(document, listing)
    steps = read_steps(document, listing)
    known = document.get("parameters") or {}
    if not isinstance(known, dict):
        listing.refuse(
            ("parameters",),
            Message("parameters 不是对象", "the parameters are no object"),
            Message("对象", "an object"),
        )
        known = {}
    if steps is None:  # without steps no value can be worked out, but what has no counterpart is known
        for raw, where in nodes.values():
            check_type(raw, where, listing)
        check_types(known, TYPES, listing)
        raise ConfigError(_ordered(listing))
    frames = Frames(listing, path.parent, document.get("tables"))
    parameters = Parameters(listing, steps, frames, known, chosen, storages(nodes), TYPES)
    ids = Ids()
    network = NetworkReader(listing, parameters, ids).read(document, nodes)
    if network.order() is None:
        listing.refuse(
            ("edges",),
            Message("水可以循环流动；这没有对应", "water can go round in a circle; there is no counterpart"),
        )
    if not listing.issues:
        check_ways(network, listing)
    if listing.issues:
        raise ConfigError(_ordered(listing))
    ordered = order(network, listing)
    translator = Translator(network, ordered, steps, listing, ids, read, language)
    sections = translator.translate()
    if listing.issues:
        raise ConfigError(_ordered(listing))
    if document.get("recorders"):
        listing.note(
            Message(
                "略去了 recorders：这里的成果保留全部系列",
                "recorders were left out: a result here holds every series",
            )
        )
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
