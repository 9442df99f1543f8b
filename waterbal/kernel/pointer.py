"""Tables passed to kernels by pointer.

numba passes a NamedTuple of arrays by value: seven words for every array, in every call and every inlined
copy, which costs more than the arithmetic at run time and most of the time to compile. A ``Table`` is one
pointer to a buffer with the address and the shape of every array; a kernel that reads ``table.name`` loads just
that. The loads are marked invariant, since a table never changes while a kernel runs, so they leave the loops.

Kernels read a Table and the NamedTuple it was made from in the same way.
"""

from functools import cache
from typing import Any

import numpy as np
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    NativeValue,
    infer_getattr,
    lower_getattr_generic,
    models,
    register_model,
    typeof_impl,
    unbox,
)
from numba.np.numpy_support import from_dtype


class Table:
    """The arrays and numbers of a NamedTuple behind one pointer; keeps them alive.

    Parameters
    ----------
    fields : NamedTuple
        C-contiguous arrays of float64 or int64, and plain numbers, which are read as float64.

    Raises
    ------
    ValueError
        If an array is not C-contiguous.
    """

    __slots__ = ("address", "buffer", "fields", "type")

    def __init__(self, fields: Any) -> None:
        words: list[int] = []
        kinds = []
        for name, value in fields._asdict().items():
            if isinstance(value, np.ndarray):
                if not value.flags.c_contiguous:
                    raise ValueError(f"{name} is not contiguous")
                words += [value.ctypes.data, *value.shape]
                kinds.append((name, value.dtype.char, value.ndim))
            else:
                words.append(int(np.float64(value).view(np.int64)))
                kinds.append((name, "d", 0))
        self.fields = fields
        self.buffer = np.array(words, dtype=np.int64)
        self.address = self.buffer.ctypes.data
        self.type = table_type(type(fields).__name__, tuple(kinds))


class TableType(types.Type):
    """Type of a table: the names, element types and dimensions of its arrays."""

    def __init__(self, name: str, kinds: tuple[tuple[str, str, int], ...]) -> None:
        self.kinds = kinds
        self.place = {}
        word = 0
        for field, code, dimensions in kinds:
            element = from_dtype(np.dtype(code))
            kind = types.Array(element, dimensions, "C") if dimensions else element
            self.place[field] = (word, kind)
            word += 1 + dimensions
        super().__init__(name=f"Table({name}, {kinds})")


@cache
def table_type(name: str, kinds: tuple[tuple[str, str, int], ...]) -> TableType:
    """Return the type of a table."""
    return TableType(name, kinds)


register_model(TableType)(models.OpaqueModel)


@typeof_impl.register(Table)
def _typeof(value: Table, _context: Any) -> TableType:
    return value.type


@unbox(TableType)
def _unbox(_kind: TableType, value: Any, c: Any) -> NativeValue:
    address = c.pyapi.object_getattr_string(value, "address")
    word = c.pyapi.long_as_ulonglong(address)
    c.pyapi.decref(address)
    failed = cgutils.is_not_null(c.builder, c.pyapi.err_occurred())
    return NativeValue(c.builder.inttoptr(word, cgutils.voidptr_t), is_error=failed)


@infer_getattr
class _TableAttribute(AttributeTemplate):
    key = TableType

    def generic_resolve(self, kind: TableType, name: str) -> Any:
        return kind.place[name][1] if name in kind.place else None


@lower_getattr_generic(TableType)
def _read(context: Any, builder: Any, kind: TableType, value: Any, name: str) -> Any:
    first, found = kind.place[name]
    word = context.get_value_type(types.intp)
    start = builder.bitcast(value, word.as_pointer())

    def load(at: int) -> Any:
        loaded = builder.load(builder.gep(start, [word(at)]))
        loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
        return loaded

    if not isinstance(found, types.Array):
        return builder.bitcast(load(first), context.get_value_type(found))
    array = context.make_array(found)(context, builder)
    shape = [load(first + 1 + d) for d in range(found.ndim)]
    size = context.get_abi_sizeof(context.get_data_type(found.dtype))
    strides = [word(size)]
    for extent in reversed(shape[1:]):
        strides.insert(0, builder.mul(extent, strides[0]))
    count = word(1)
    for extent in shape:
        count = builder.mul(count, extent)
    array.data = builder.inttoptr(load(first), array.data.type)
    array.shape = cgutils.pack_array(builder, shape)
    array.strides = cgutils.pack_array(builder, strides)
    array.itemsize = word(size)
    array.nitems = count
    array.meminfo = cgutils.get_null_value(array.meminfo.type)
    array.parent = cgutils.get_null_value(array.parent.type)
    return array._getvalue()
