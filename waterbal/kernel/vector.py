"""Loops over contiguous rows of the simplex dictionary, eight numbers at a time.

Rows are about fifty numbers long. There numba's own vectoriser loses: its checks for overlapping arrays and
its remainder loops cost more than the arithmetic, and the simplex is then half as fast. So the few loops that
matter are written as vectors of eight in LLVM's own terms; LLVM splits them where the processor is narrower.
The plain loops do the same arithmetic in the same order, so both give the same bits; they are used where the
vector forms cannot be built, or when ``WATERBAL_PLAIN_LOOPS=1``.

Widths are multiples of eight.
"""

import os

from waterbal.kernel._jit import part

LANES = 8


@part
def plain_add_multiple(y, y_start, factor, table, start, width):
    """Add factor times a row of the table to y."""
    for i in range(width):
        y[y_start + i] += factor * table[start + i]


@part
def plain_add_block(table, width, block, row, entry, factor, count, drop):
    """Add multiples of one block of ``row`` to the same block of several rows of the table.

    What is left no larger than drop becomes zero.
    """
    for c in range(count):
        start = entry[c] * width + block
        for i in range(LANES):
            total = table[start + i] + factor[c] * row[block + i]
            table[start + i] = total if abs(total) > drop else 0.0


@part
def plain_nonzero_lanes(table, start):
    """Return bits that tell which of eight numbers are not zero."""
    bits = 0
    for i in range(LANES):
        bits |= int(table[start + i] != 0.0) << i
    return bits


@part
def plain_nonzero_blocks(table, start, width, block):
    """List where the blocks of a row of the table begin that have a nonzero; return how many."""
    count = 0
    for first in range(0, width, LANES):
        found = False
        for i in range(first, first + LANES):
            found = found or table[start + i] != 0.0
        block[count] = first
        count += found
    return count


@part
def plain_trailing_zeros(bits):
    """Return the place of the lowest bit that is set."""
    place = 0
    while bits & (1 << place) == 0:
        place += 1
    return place


@part
def plain_scale_into(copy, table, start, factor, width):
    """Copy a row of the table, then scale it in place."""
    for i in range(width):
        copy[i] = table[start + i]
        table[start + i] *= factor


@part
def plain_largest_excess(low, high, value, start, width):
    """Return the largest distance of a value below its low or above its high; may be negative."""
    largest = -1.0
    for i in range(start, start + width):
        below = low[i] - value[i]
        above = value[i] - high[i]
        out = below if below > above else above
        largest = out if out > largest else largest
    return largest


@part
def plain_first_excess(low, high, value, start, least):
    """Return the place of the first of eight values out of its bounds by at least this much, eight if none."""
    for i in range(start, start + LANES):
        if low[i] - value[i] >= least or value[i] - high[i] >= least:
            return i - start
    return LANES


@part
def plain_combine(y, y_start, table, rows, factors, count, width):
    """Set y to the sum of rows of the table, each times its factor."""
    for i in range(width):
        y[y_start + i] = 0.0
    for c in range(count):
        plain_add_multiple(y, y_start, factors[c], table, rows[c] * width, width)


@part
def plain_first_beyond(table, start, limit):
    """Return the place of the first of eight numbers larger than the limit, eight if there is none."""
    for i in range(LANES):
        if abs(table[start + i]) > limit:
            return i
    return LANES


def _vector_forms():
    """Return the vector forms of the loops above, as numba intrinsics."""
    from llvmlite import ir  # type: ignore[import-untyped]
    from numba import types
    from numba.core import cgutils
    from numba.extending import intrinsic

    number, index, short = ir.DoubleType(), ir.IntType(64), ir.IntType(32)
    vector = ir.VectorType(number, LANES)
    vector.intrinsic_name = f"v{LANES}f64"  # how LLVM names overloads of its intrinsics
    undefined = ir.Constant(vector, ir.Undefined)
    f8, i8 = types.float64, types.int64

    def constant(x):
        return ir.Constant(vector, [x] * LANES)

    def spread(builder, x):
        first = builder.insert_element(undefined, x, short(0))
        return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(short, LANES), [0] * LANES))

    def data(context, builder, kind, array):
        return context.make_array(kind)(context, builder, array).data

    def load(builder, pointer, at):
        return builder.load(builder.bitcast(builder.gep(pointer, [at]), vector.as_pointer()), align=8)

    def store(builder, x, pointer, at):
        builder.store(x, builder.bitcast(builder.gep(pointer, [at]), vector.as_pointer()), align=8)

    def larger(builder, a, b):
        return builder.select(builder.fcmp_ordered(">", a, b), a, b)

    def magnitude(builder, a):
        kind = ir.FunctionType(vector, [vector])
        return builder.call(builder.module.declare_intrinsic("llvm.fabs", [vector], kind), [a])

    def blocks(builder, width):
        return cgutils.for_range_slice(builder, index(0), width, index(LANES), index)

    @intrinsic
    def add_multiple(typing, y, y_start, factor, table, start, width):
        def build(context, builder, signature, args):
            y, table = (data(context, builder, signature.args[k], args[k]) for k in (0, 3))
            factor = spread(builder, args[2])
            with blocks(builder, args[5]) as (i, _):
                at = builder.add(args[1], i)
                term = builder.fmul(factor, load(builder, table, builder.add(args[4], i)))
                store(builder, builder.fadd(load(builder, y, at), term), y, at)
            return context.get_dummy_value()

        return types.void(y, i8, f8, table, i8, i8), build

    @intrinsic
    def add_block(typing, table, width, block, row, entry, factor, count, drop):
        def build(context, builder, signature, args):
            table, row, entry, factor = (
                data(context, builder, signature.args[k], args[k]) for k in (0, 3, 4, 5)
            )
            added, drop = load(builder, row, args[2]), spread(builder, args[7])
            with cgutils.for_range(builder, args[6], intp=index) as loop:
                j = builder.load(builder.gep(entry, [loop.index]))
                times = spread(builder, builder.load(builder.gep(factor, [loop.index])))
                at = builder.add(builder.mul(j, args[1]), args[2])
                total = builder.fadd(load(builder, table, at), builder.fmul(times, added))
                kept = builder.fcmp_ordered(">", magnitude(builder, total), drop)
                store(builder, builder.select(kept, total, constant(0.0)), table, at)
            return context.get_dummy_value()

        return types.void(table, i8, i8, row, entry, factor, i8, f8), build

    @intrinsic
    def nonzero_lanes(typing, table, start):
        def build(context, builder, signature, args):
            numbers = load(builder, data(context, builder, signature.args[0], args[0]), args[1])
            other = builder.fcmp_unordered("!=", numbers, constant(0.0))
            return builder.zext(builder.bitcast(other, ir.IntType(LANES)), index)

        return i8(table, i8), build

    @intrinsic
    def nonzero_blocks(typing, table, start, width, block):
        def build(context, builder, signature, args):
            table, block = (data(context, builder, signature.args[k], args[k]) for k in (0, 3))
            count = cgutils.alloca_once_value(builder, index(0))
            with blocks(builder, args[2]) as (i, _):
                other = builder.fcmp_unordered(
                    "!=", load(builder, table, builder.add(args[1], i)), constant(0.0)
                )
                mask = builder.bitcast(other, ir.IntType(LANES))
                before = builder.load(count)
                builder.store(i, builder.gep(block, [before]))
                found = builder.zext(builder.icmp_unsigned("!=", mask, mask.type(0)), index)
                builder.store(builder.add(before, found), count)
            return builder.load(count)

        return i8(table, i8, i8, block), build

    @intrinsic
    def trailing_zeros(typing, bits):
        def build(context, builder, signature, args):
            return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

        return i8(i8), build

    @intrinsic
    def scale_into(typing, copy, table, start, factor, width):
        def build(context, builder, signature, args):
            copy, table = (data(context, builder, signature.args[k], args[k]) for k in (0, 1))
            factor = spread(builder, args[3])
            with blocks(builder, args[4]) as (i, _):
                at = builder.add(args[2], i)
                x = load(builder, table, at)
                store(builder, x, copy, i)
                store(builder, builder.fmul(x, factor), table, at)
            return context.get_dummy_value()

        return types.void(copy, table, i8, f8, i8), build

    @intrinsic
    def largest_excess(typing, low, high, value, start, width):
        def build(context, builder, signature, args):
            low, high, value = (data(context, builder, signature.args[k], args[k]) for k in range(3))
            largest = cgutils.alloca_once(builder, vector)
            builder.store(constant(-1.0), largest)
            with blocks(builder, args[4]) as (i, _):
                at = builder.add(args[3], i)
                x = load(builder, value, at)
                below = builder.fsub(load(builder, low, at), x)
                above = builder.fsub(x, load(builder, high, at))
                builder.store(larger(builder, larger(builder, below, above), builder.load(largest)), largest)
            best = builder.load(largest)
            for half in (4, 2, 1):
                turned = ir.Constant(ir.VectorType(short, LANES), [(k + half) % LANES for k in range(LANES)])
                best = larger(builder, best, builder.shuffle_vector(best, undefined, turned))
            return builder.extract_element(best, short(0))

        return f8(low, high, value, i8, i8), build

    @intrinsic
    def first_excess(typing, low, high, value, start, least):
        def build(context, builder, signature, args):
            low, high, value = (
                load(builder, data(context, builder, signature.args[k], args[k]), args[3]) for k in range(3)
            )
            least = spread(builder, args[4])
            below = builder.fcmp_ordered(">=", builder.fsub(low, value), least)
            above = builder.fcmp_ordered(">=", builder.fsub(value, high), least)
            mask = builder.zext(builder.bitcast(builder.or_(below, above), ir.IntType(LANES)), index)
            mask = builder.or_(mask, index(1 << LANES))  # so that none is LANES
            return builder.cttz(mask, ir.Constant(ir.IntType(1), 1))

        return i8(low, high, value, i8, f8), build

    def sum_of_rows(builder, y, table, rows, factors, count, width, y_start, i, group):
        """Add up ``group`` neighbouring blocks of all rows in registers, then store them."""
        sums = [cgutils.alloca_once(builder, vector) for _ in range(group)]
        for total in sums:
            builder.store(constant(0.0), total)
        with cgutils.for_range(builder, count, intp=index) as loop:
            row = builder.load(builder.gep(rows, [loop.index]))
            factor = spread(builder, builder.load(builder.gep(factors, [loop.index])))
            start = builder.add(builder.mul(row, width), i)
            for g, total in enumerate(sums):
                term = builder.fmul(factor, load(builder, table, builder.add(start, index(LANES * g))))
                builder.store(builder.fadd(builder.load(total), term), total)
        for g, total in enumerate(sums):
            at = builder.add(builder.add(y_start, i), index(LANES * g))
            store(builder, builder.load(total), y, at)

    @intrinsic
    def combine(typing, y, y_start, table, rows, factors, count, width):
        def build(context, builder, signature, args):
            y, table, rows, factors = (
                data(context, builder, signature.args[k], args[k]) for k in (0, 2, 3, 4)
            )
            y_start, count, width = args[1], args[5], args[6]
            arrays = builder, y, table, rows, factors, count, width, y_start
            done = index(0)
            for group in (8, 4, 2, 1):  # the widest first, then what is left of the row
                size = index(LANES * group)
                if group == 8:
                    end = builder.mul(builder.udiv(width, size), size)
                    with cgutils.for_range_slice(builder, done, end, size, index) as (i, _):
                        sum_of_rows(*arrays, i, group)
                else:
                    odd = builder.and_(builder.udiv(builder.sub(width, done), size), index(1))
                    end = builder.add(done, builder.mul(odd, size))
                    with builder.if_then(builder.icmp_unsigned("!=", odd, index(0))):
                        sum_of_rows(*arrays, done, group)
                done = end
            return context.get_dummy_value()

        return types.void(y, i8, table, rows, factors, i8, i8), build

    @intrinsic
    def first_beyond(typing, table, start, limit):
        def build(context, builder, signature, args):
            numbers = data(context, builder, signature.args[0], args[0])
            beyond = builder.fcmp_ordered(
                ">", magnitude(builder, load(builder, numbers, args[1])), spread(builder, args[2])
            )
            mask = builder.zext(builder.bitcast(beyond, ir.IntType(LANES)), index)
            mask = builder.or_(mask, index(1 << LANES))  # so that none is LANES
            return builder.cttz(mask, ir.Constant(ir.IntType(1), 1))

        return i8(table, i8, f8), build

    return (
        add_multiple,
        add_block,
        nonzero_blocks,
        nonzero_lanes,
        trailing_zeros,
        scale_into,
        largest_excess,
        first_excess,
        combine,
        first_beyond,
    )


def _choose():
    """Return the vector forms where they can be built, else the plain ones."""
    plain = (
        plain_add_multiple,
        plain_add_block,
        plain_nonzero_blocks,
        plain_nonzero_lanes,
        plain_trailing_zeros,
        plain_scale_into,
        plain_largest_excess,
        plain_first_excess,
        plain_combine,
        plain_first_beyond,
    )
    if os.environ.get("WATERBAL_PLAIN_LOOPS", "") not in ("", "0"):
        return plain
    try:
        return _vector_forms()
    except (ImportError, AttributeError, TypeError):
        return plain


(
    add_multiple,
    add_block,
    nonzero_blocks,
    nonzero_lanes,
    trailing_zeros,
    scale_into,
    largest_excess,
    first_excess,
    combine,
    first_beyond,
) = _choose()
