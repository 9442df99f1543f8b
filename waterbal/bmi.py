"""A model behind the Basic Model Interface (BMI 2.0), so that other models can run with it step by step.

``initialize`` takes a model file, or a small file that names one::

    model: city/model.yaml          # relative to this file
    overrides: ["demands.households.people=40 万人"]
    realization: 3

Each variable holds one value for every element of a kind, in the order of ``element_ids``. It is named after the kind
and the quantity, ``demand__water_supply``; what stands after ``__`` is the name in a result file, with the same unit.
A grid is such a kind: of rank 1, its x is the number of the element, which is no place.
Inputs count for the coming step alone; after it they hold the model's own values of the next step. Time is in days from
the start of the first step; a step is as long as its month, dekad or day, so ``get_time_step`` tells the length of the
coming step and changes from call to call.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from pydantic import Field, ValidationError

from waterbal.errors import ConfigError, Issue, Message, UsageError, nearest, one_of
from waterbal.model.base import Strict

try:
    from bmipy import Bmi
except ImportError:
    message = "the Basic Model Interface needs the package bmipy"
    raise UsageError(Issue(message, expected="pip install 'waterbal[bmi]'")) from None

if TYPE_CHECKING:
    from waterbal.api import Case
    from waterbal.exchange.run import Exchange
    from waterbal.exchange.variables import Variable
    from waterbal.model.rows import Floats

GROUPS = (
    "river", "zone_with_rain", "zone_with_et0", "source", "aquifer", "store", "node", "link", "demand", "return",
    "quota", "restriction",
)  # fmt: skip
"""Grids by number: what kind of element the values of a variable belong to."""


class Setup(Strict):
    """Which run of which model."""

    model: str
    """Model file, relative to this file."""
    overrides: list[str] = []
    """``path=value`` texts, applied in order."""
    realization: int = Field(default=0, ge=0)
    """Hydrological sample to run."""


def read_setup(path: str | Path) -> Case:
    """Read a model file, or a file that names a model and the run to be made with it.

    Parameters
    ----------
    path : str or Path
        YAML file.

    Raises
    ------
    ConfigError, DataError, UsageError
        With every problem found.
    """
    from waterbal import api
    from waterbal.model.load import readable
    from waterbal.model.problems import place, problems
    from waterbal.model.text_file import decode, read_bytes
    from waterbal.model.yaml_reader import scan_yaml

    file = str(path)
    config, marks, issues = scan_yaml(decode(read_bytes(path), file), file, "a model, or the name of one")
    if "model" not in config or "demands" in config:
        return api.load(path)
    try:
        setup = Setup.model_validate(config)
    except ValidationError as error:
        found = problems(error, config, Setup.model_json_schema(by_alias=True))
        raise ConfigError(readable([*issues, *(place(problem, marks) for problem in found)])) from None
    if issues:
        raise ConfigError(readable(issues))
    return api.load(Path(path).parent / setup.model, setup.overrides, setup.realization)


class WaterbalBmi(Bmi):  # type: ignore[misc,unused-ignore]
    """A waterbal model as a BMI 2.0 component."""

    def __init__(self) -> None:
        self._run: Exchange | None = None
        self._times: Floats = np.zeros(1)

    @property
    def run(self) -> Exchange:
        """The run in progress.

        Raises
        ------
        UsageError
            Before ``initialize`` and after ``finalize``.
        """
        if self._run is None:
            raise UsageError(
                Issue(
                    Message("还没有模型", "there is no model"),
                    expected=Message("先调用 initialize", "initialize first"),
                )
            )
        return self._run

    # ---- beyond BMI

    def element_ids(self, name: str) -> tuple[str, ...]:
        """Return the ids of the elements that the values of a variable belong to, in order.

        Parameters
        ----------
        name : str
            Variable.
        """
        return self.run.elements[self._variable(name).group]

    @property
    def start_date(self) -> str:
        """First day of the first step, which is time 0, as year-month-day."""
        return str(self.run.axis.start[0].astype("datetime64[D]"))

    # ---- control

    def initialize(self, config_file: str) -> None:
        """Read a model and stand before its first step, the warm-up done.

        Parameters
        ----------
        config_file : str
            Model file, or a file that names one.
        """
        from waterbal.exchange.run import Exchange

        run = Exchange(read_setup(config_file))
        self._times = np.concatenate([[0.0], np.cumsum(run.axis.days)])
        self._run = run

    def update(self) -> None:
        """Simulate the coming step."""
        self.run.step()

    def update_until(self, time: float) -> None:
        """Simulate up to the end of a step.

        Parameters
        ----------
        time : float [d]
            End of one of the coming steps, or the present time.

        Raises
        ------
        UsageError
            If no step ends then: a step is not divided.
        """
        position = int(np.argmin(np.abs(self._times - time)))
        if not abs(self._times[position] - time) < 1e-6 or position < self.run.position:
            ends = self._times[max(self.run.position, position - 1) :][:3]
            expected = Message("后续某一时段的末尾，例如 ", "the end of a coming step, e.g. ") + ", ".join(
                f"{end:g}" for end in ends
            )
            raise UsageError(
                Issue(
                    Message(f"没有在 {time} d 结束的后续时段", f"no coming step ends at {time} d"),
                    expected=expected,
                )
            )
        while self.run.position < position:
            self.update()

    def finalize(self) -> None:
        """Let go of the model."""
        self._run = None

    # ---- information

    def get_component_name(self) -> str:
        """Return the name of the component."""
        return "waterbal"

    def get_input_item_count(self) -> int:
        """Return the number of inputs."""
        return len(self.get_input_var_names())

    def get_output_item_count(self) -> int:
        """Return the number of outputs."""
        return len(self.get_output_var_names())

    def get_input_var_names(self) -> tuple[str, ...]:  # type: ignore[override,unused-ignore]
        """Return the names of what may be set; those that the model has elements for."""
        return tuple(self.run.variable(name).standard_name for name in self.run.inputs)

    def get_output_var_names(self) -> tuple[str, ...]:  # type: ignore[override,unused-ignore]
        """Return the names of what may be read after a step; those that the model has elements for."""
        return tuple(self.run.variable(name).standard_name for name in self.run.outputs)

    def _variable(self, name: str) -> Variable:
        """Find a variable by its name."""
        known = (*self.get_input_var_names(), *self.get_output_var_names())
        if name not in known:
            message = Message(f"没有变量 {name!r}", f"there is no variable {name!r}")
            raise UsageError(Issue(message, expected=one_of(known), nearest=nearest(name, known)))
        return self.run.variable(name.split("__")[1])

    def _values(self, name: str) -> Floats:
        return self.run.values(self._variable(name).name)

    def get_var_grid(self, name: str) -> int:
        """Return the number of the grid of a variable."""
        return GROUPS.index(self._variable(name).group)

    def get_var_type(self, name: str) -> str:
        """Return the type of the values of a variable."""
        return str(self._values(name).dtype)

    def get_var_units(self, name: str) -> str:
        """Return the unit of a variable as UDUNITS reads it."""
        return self._variable(name).units

    def get_var_itemsize(self, name: str) -> int:
        """Return the size of one value [byte]."""
        return int(self._values(name).itemsize)

    def get_var_nbytes(self, name: str) -> int:
        """Return the size of all values [byte]."""
        return int(self._values(name).nbytes)

    def get_var_location(self, name: str) -> str:
        """Return where on its grid a variable is."""
        self._variable(name)
        return "node"

    # ---- time

    def get_start_time(self) -> float:
        """Return the start of the first step [d]."""
        return 0.0

    def get_end_time(self) -> float:
        """Return the end of the last step [d]."""
        _ = self.run
        return float(self._times[-1])

    def get_current_time(self) -> float:
        """Return the end of the step before, which is the start of the coming one [d]."""
        return float(self._times[self.run.position])

    def get_time_step(self) -> float:
        """Return the true length of the coming step, at the end that of the last one [d]."""
        days = self.run.axis.days
        return float(days[min(self.run.position, days.size - 1)])

    def get_time_units(self) -> str:
        """Return the unit of time as UDUNITS reads it."""
        return "d"

    # ---- values

    def get_value_ptr(self, name: str) -> npt.NDArray[Any]:
        """Return the array of a variable itself: it is the same one all through the run."""
        return self._values(name)

    def get_value(self, name: str, dest: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Copy the values of a variable.

        Parameters
        ----------
        name : str
            Variable.
        dest : ndarray (element)
            Array to write into; it is returned.
        """
        values = self._values(name)
        _same_size(name, dest.size, values.size)
        dest.reshape(-1)[:] = values
        return dest

    def get_value_at_indices(
        self, name: str, dest: npt.NDArray[Any], inds: npt.NDArray[np.int_]
    ) -> npt.NDArray[Any]:
        """Copy the values of some elements.

        Parameters
        ----------
        name : str
            Variable.
        dest : ndarray (index)
            Array to write into; it is returned.
        inds : ndarray (index)
            Numbers of the elements, from 0.
        """
        values = self._values(name)
        where = self._indices(name, inds)
        _same_size(name, dest.size, where.size)
        dest.reshape(-1)[:] = values[where]
        return dest

    def set_value(self, name: str, src: npt.NDArray[Any]) -> None:
        """Set an input for the coming step.

        Parameters
        ----------
        name : str
            Input.
        src : ndarray (element)
            Values; where one equals the model's own, nothing changes.
        """
        values = self._input(name)
        given = np.asarray(src, dtype=np.float64).reshape(-1)
        _same_size(name, given.size, values.size)
        values[:] = given

    def set_value_at_indices(self, name: str, inds: npt.NDArray[np.int_], src: npt.NDArray[Any]) -> None:
        """Set an input of some elements for the coming step.

        Parameters
        ----------
        name : str
            Input.
        inds : ndarray (index)
            Numbers of the elements, from 0.
        src : ndarray (index)
            Values.
        """
        values = self._input(name)
        where = self._indices(name, inds)
        given = np.asarray(src, dtype=np.float64).reshape(-1)
        _same_size(name, given.size, where.size)
        values[where] = given

    def _input(self, name: str) -> Floats:
        values = self._values(name)
        if name not in self.get_input_var_names():
            expected = one_of(self.get_input_var_names())
            raise UsageError(
                Issue(
                    Message(f"{name!r} 是输出，不能设定", f"{name!r} is an output and cannot be set"),
                    expected=expected,
                )
            )
        return values

    def _indices(self, name: str, inds: Any) -> npt.NDArray[np.int_]:
        where = np.asarray(inds, dtype=np.int_).reshape(-1)
        size = self._values(name).size
        if where.size and not (where.min() >= 0 and where.max() < size):
            raise UsageError(
                Issue(
                    Message(f"{name!r} 没有这样的对象", f"there is no such element of {name!r}"),
                    expected=f"0 to {size - 1}",
                )
            )
        return where

    # ---- grids

    def _group(self, grid: int) -> tuple[str, ...]:
        names = GROUPS[grid] if 0 <= grid < len(GROUPS) else ""
        if not self.run.elements.get(names):
            known = [f"{i} ({name})" for i, name in enumerate(GROUPS) if self.run.elements[name]]
            raise UsageError(
                Issue(Message(f"没有网格 {grid}", f"there is no grid {grid}"), expected=one_of(known))
            )
        return self.run.elements[names]

    def get_grid_rank(self, grid: int) -> int:
        """Return the number of dimensions of a grid."""
        self._group(grid)
        return 1

    def get_grid_size(self, grid: int) -> int:
        """Return the number of elements of a grid."""
        return len(self._group(grid))

    def get_grid_type(self, grid: int) -> str:
        """Return the type of a grid."""
        self._group(grid)
        return "unstructured"

    def get_grid_x(self, grid: int, x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Write the numbers of the elements, from 0; they are no coordinates in space."""
        x[:] = np.arange(self.get_grid_size(grid))
        return x

    def get_grid_node_count(self, grid: int) -> int:
        """Return the number of elements of a grid."""
        return self.get_grid_size(grid)

    def get_grid_edge_count(self, grid: int) -> int:
        """Return 0: elements are points."""
        self._group(grid)
        return 0

    def get_grid_face_count(self, grid: int) -> int:
        """Return 0: elements are points."""
        self._group(grid)
        return 0

    def get_grid_edge_nodes(self, grid: int, edge_nodes: npt.NDArray[np.int_]) -> npt.NDArray[np.int_]:
        """Leave the array as it is: there are no edges."""
        self._group(grid)
        return edge_nodes

    def get_grid_face_edges(self, grid: int, face_edges: npt.NDArray[np.int_]) -> npt.NDArray[np.int_]:
        """Leave the array as it is: there are no faces."""
        self._group(grid)
        return face_edges

    def get_grid_face_nodes(self, grid: int, face_nodes: npt.NDArray[np.int_]) -> npt.NDArray[np.int_]:
        """Leave the array as it is: there are no faces."""
        self._group(grid)
        return face_nodes

    def get_grid_nodes_per_face(
        self, grid: int, nodes_per_face: npt.NDArray[np.int_]
    ) -> npt.NDArray[np.int_]:
        """Leave the array as it is: there are no faces."""
        self._group(grid)
        return nodes_per_face

    def get_grid_y(self, grid: int, y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Refuse: a grid has one dimension."""
        raise self._no("y", grid)

    def get_grid_z(self, grid: int, z: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Refuse: a grid has one dimension."""
        raise self._no("z", grid)

    def get_grid_shape(self, grid: int, shape: npt.NDArray[np.int_]) -> npt.NDArray[np.int_]:
        """Refuse: elements are not in rows and columns."""
        raise self._no("shape", grid)

    def get_grid_spacing(self, grid: int, spacing: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Refuse: elements are not in rows and columns."""
        raise self._no("spacing", grid)

    def get_grid_origin(self, grid: int, origin: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Refuse: elements are not in rows and columns."""
        raise self._no("origin", grid)

    def _no(self, what: str, grid: int) -> UsageError:
        self._group(grid)
        return UsageError(
            Issue(
                Message(
                    f"网格 {grid} 没有 {what}：它只是一列对象",
                    f"grid {grid} has no {what}: it is a list of elements",
                ),
                expected="get_grid_x",
            )
        )


def _same_size(name: str, given: int, size: int) -> None:
    """Refuse arrays of another size, which numpy might stretch."""
    if given != size:
        raise UsageError(
            Issue(
                Message(f"给 {name!r} 的值有 {given} 个", f"{given} values for {name!r}"),
                expected=Message(f"{size} 个值", f"{size} values"),
            )
        )
