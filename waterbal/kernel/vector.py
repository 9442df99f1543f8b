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
"""Numbers in a block."""
BITS = 64
"""Rows whose bits are read at a time."""


@part
def plain_add_outer(table, column, height, row, places, factors, count, drop):
    """Add multiples of eight numbers of ``row`` to the same eight columns of several rows of the table.

    What is left no larger than drop becomes zero.
    """
    for c in range(count):
        for i in range(column, column + LANES):
            total = table[places[c] * height + i] + factors[c] * row[i]
            table[places[c] * height + i] = total if abs(total) > drop else 0.0


@part
def plain_add_blocks(table, target, source, width, factor, block, count, drop, nonzero, height):
    """Add factor times some blocks of one row of the table to another, which is the target.

    What is left no larger than drop becomes zero. ``nonzero`` (block, row) gets a bit for each that is not.
    """
    for k in range(count):
        bits = 0
        for i in range(LANES):
            at = block[k] + i
            total = table[target * width + at] + factor * table[source * width + at]
            kept = abs(total) > drop
            table[target * width + at] = total if kept else 0.0
            bits |= int(kept) << i
        nonzero[(block[k] >> 3) * height + target] = bits


@part
def plain_scale_blocks(table, start, factor, block, count):
    """Multiply some blocks of a row of the table by a factor."""
    for k in range(count):
        for i in range(block[k], block[k] + LANES):
            table[start + i] *= factor


@part
def plain_list_above(place, product, table, start, other, factor, limit, block, count):
    """List where in some blocks the product of a row, another and a factor exceeds a limit; return how many."""
    found = 0
    for k in range(count):
        for i in range(block[k], block[k] + LANES):
            place[found] = i
            product[found] = table[start + i] * factor * other[i]
            found += product[found] > limit
    return found


@part
def plain_list_nonzeros(place, number, table, start, block, count):
    """List the nonzeros in some blocks of a row of the table; return how many."""
    found = 0
    for k in range(count):
        for i in range(block[k], block[k] + LANES):
            place[found] = i
            number[found] = table[start + i]
            found += number[found] != 0.0
    return found


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
def plain_list_column(entry, coefficient, table, width, j, nonzero, height):
    """List the nonzeros of a column of the table and their rows; return how many."""
    count = 0
    for i in range(height):
        if nonzero[(j >> 3) * height + i] >> (j & 7) & 1:
            entry[count] = i
            coefficient[count] = table[i * width + j]
            count += 1
    return count


@part
def plain_add_column(y, start, factor, table, width, j, nonzero, height):
    """Add factor times a column of the table to y."""
    for i in range(height):
        if nonzero[(j >> 3) * height + i] >> (j & 7) & 1:
            y[start + i] += factor * table[i * width + j]


@part
def plain_multiply(y, width, table, rows, nonzero, height, sums):
    """Multiply rows of the table by the first numbers of y, whose products follow at y[width].

    Blocks without a nonzero are left out. ``sums`` is scratch, eight numbers per row.
    """
    for i in range(rows * LANES):
        sums[i] = 0.0
    for first in range(0, width, LANES):
        for i in range(rows):
            if nonzero[(first >> 3) * height + i] != 0:
                for lane in range(LANES):
                    sums[i * LANES + lane] += table[i * width + first + lane] * y[first + lane]
    for i in range(rows):
        s = i * LANES
        even = (sums[s] + sums[s + 4]) + (sums[s + 2] + sums[s + 6])
        y[width + i] = even + ((sums[s + 1] + sums[s + 5]) + (sums[s + 3] + sums[s + 7]))


@part
def plain_trailing_zeros(bits):
    """Return the place of the lowest bit that is set."""
    place = 0
    while bits & (1 << place) == 0:
        place += 1
    return place


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
def plain_lanes_beyond(table, start, width, limit):
    """Return bits that tell which numbers, 64 at most, are larger in magnitude than a limit."""
    bits = 0
    for i in range(width):
        bits |= int(abs(table[start + i]) > limit) << i
    return bits


@part
def plain_sign_agrees(table, start, width, side, limit):
    """Return whether the first number larger in magnitude than a limit has the sign of ``side``, if that has one."""
    for i in range(start, start + width):
        if abs(table[i]) > limit:
            return table[i] * side >= 0.0
    return True


def _vector_forms():
    """Return the vector forms of the loops above, as numba intrinsics."""
    from llvmlite import ir  # type: ignore[import-untyped]
    from numba import types
    from numba.core import cgutils
    from numba.extending import intrinsic

    number, index, short, byte = ir.DoubleType(), ir.IntType(64), ir.IntType(32), ir.IntType(8)
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

    def sum_or_zero(builder, a, b, drop):
        total = builder.fadd(a, b)
        kept = builder.fcmp_ordered(">", magnitude(builder, total), drop)
        return builder.select(kept, total, constant(0.0)), builder.bitcast(kept, byte)

    def set_bits(builder, bits):
        """Go through the places of the bits that are set, lowest first."""
        left = cgutils.alloca_once_value(builder, bits)
        with cgutils.for_range(builder, builder.ctpop(bits), intp=index):
            now = builder.load(left)
            builder.store(builder.and_(now, builder.sub(now, index(1))), left)
            yield builder.cttz(now, ir.Constant(ir.IntType(1), 1))

    @intrinsic
    def add_outer(typing, table, column, height, row, places, factors, count, drop):
        def build(context, builder, signature, args):
            table, row, places, factors = (
                data(context, builder, signature.args[k], args[k]) for k in (0, 3, 4, 5)
            )
            added, drop = load(builder, row, args[1]), spread(builder, args[7])
            with cgutils.for_range(builder, args[6], intp=index) as loop:
                j = builder.load(builder.gep(places, [loop.index]))
                factor = builder.load(builder.gep(factors, [loop.index]))
                at = builder.add(builder.mul(j, args[2]), args[1])
                term = builder.fmul(spread(builder, factor), added)
                total, _ = sum_or_zero(builder, load(builder, table, at), term, drop)
                store(builder, total, table, at)
            return context.get_dummy_value()

        return types.void(table, i8, i8, row, places, factors, i8, f8), build

    @intrinsic
    def add_blocks(typing, table, target, source, width, factor, block, count, drop, nonzero, height):
        def build(context, builder, signature, args):
            table, block, nonzero = (data(context, builder, signature.args[k], args[k]) for k in (0, 5, 8))
            factor, drop = spread(builder, args[4]), spread(builder, args[7])
            target, source = builder.mul(args[1], args[3]), builder.mul(args[2], args[3])
            with cgutils.for_range(builder, args[6], intp=index) as loop:
                i = builder.load(builder.gep(block, [loop.index]))
                at = builder.add(target, i)
                term = builder.fmul(factor, load(builder, table, builder.add(source, i)))
                total, kept = sum_or_zero(builder, load(builder, table, at), term, drop)
                store(builder, total, table, at)
                place = builder.add(builder.mul(builder.lshr(i, index(3)), args[9]), args[1])
                builder.store(kept, builder.gep(nonzero, [place]))
            return context.get_dummy_value()

        return types.void(table, i8, i8, i8, f8, block, i8, f8, nonzero, i8), build

    @intrinsic
    def scale_blocks(typing, table, start, factor, block, count):
        def build(context, builder, signature, args):
            table, block = (data(context, builder, signature.args[k], args[k]) for k in (0, 3))
            factor = spread(builder, args[2])
            with cgutils.for_range(builder, args[4], intp=index) as loop:
                at = builder.add(args[1], builder.load(builder.gep(block, [loop.index])))
                store(builder, builder.fmul(load(builder, table, at), factor), table, at)
            return context.get_dummy_value()

        return types.void(table, i8, f8, block, i8), build

    def append_lanes(builder, place, number, found, first, numbers, wanted):
        """Append eight numbers and their places to two lists, and keep those that are wanted.

        There is no branch, since which are wanted cannot be foreseen; the lists need room for one more.
        """
        at = builder.load(found)
        for lane in range(LANES):
            builder.store(builder.add(first, index(lane)), builder.gep(place, [at]))
            builder.store(builder.extract_element(numbers, short(lane)), builder.gep(number, [at]))
            at = builder.add(at, builder.zext(builder.extract_element(wanted, short(lane)), index))
        builder.store(at, found)

    @intrinsic
    def list_above(typing, place, product, table, start, other, factor, limit, block, count):
        def build(context, builder, signature, args):
            place, product, table, other, block = (
                data(context, builder, signature.args[k], args[k]) for k in (0, 1, 2, 4, 7)
            )
            factor, limit = spread(builder, args[5]), spread(builder, args[6])
            found = cgutils.alloca_once_value(builder, index(0))
            with cgutils.for_range(builder, args[8], intp=index) as loop:
                first = builder.load(builder.gep(block, [loop.index]))
                numbers = builder.fmul(load(builder, table, builder.add(args[3], first)), factor)
                numbers = builder.fmul(numbers, load(builder, other, first))
                above = builder.fcmp_ordered(">", numbers, limit)
                append_lanes(builder, place, product, found, first, numbers, above)
            return builder.load(found)

        return i8(place, product, table, i8, other, f8, f8, block, i8), build

    @intrinsic
    def list_nonzeros(typing, place, number, table, start, block, count):
        def build(context, builder, signature, args):
            place, number, table, block = (
                data(context, builder, signature.args[k], args[k]) for k in (0, 1, 2, 4)
            )
            found = cgutils.alloca_once_value(builder, index(0))
            with cgutils.for_range(builder, args[5], intp=index) as loop:
                first = builder.load(builder.gep(block, [loop.index]))
                numbers = load(builder, table, builder.add(args[3], first))
                other = builder.fcmp_unordered("!=", numbers, constant(0.0))
                append_lanes(builder, place, number, found, first, numbers, other)
            return builder.load(found)

        return i8(place, number, table, i8, block, i8), build

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

    def rows_of_column(builder, nonzero, j, height):
        """Go through the rows in which a column of the table has a nonzero."""
        many = ir.VectorType(byte, BITS)
        unset = ir.Constant(many, ir.Undefined)
        same = ir.Constant(ir.VectorType(short, BITS), [0] * BITS)
        lane = builder.shl(byte(1), builder.trunc(builder.and_(j, index(7)), byte))
        lane = builder.shuffle_vector(builder.insert_element(unset, lane, short(0)), unset, same)
        start = builder.mul(builder.lshr(j, index(3)), height)
        with cgutils.for_range_slice(builder, index(0), height, index(BITS), index) as (first, _):
            pointer = builder.gep(nonzero, [builder.add(start, first)])
            masks = builder.load(builder.bitcast(pointer, many.as_pointer()), align=1)
            found = builder.icmp_unsigned("!=", builder.and_(masks, lane), ir.Constant(many, [0] * BITS))
            for place in set_bits(builder, builder.bitcast(found, index)):
                yield builder.add(first, place)

    @intrinsic
    def list_column(typing, entry, coefficient, table, width, j, nonzero, height):
        def build(context, builder, signature, args):
            entry, coefficient, table, nonzero = (
                data(context, builder, signature.args[k], args[k]) for k in (0, 1, 2, 5)
            )
            count = cgutils.alloca_once_value(builder, index(0))
            for i in rows_of_column(builder, nonzero, args[4], args[6]):
                at = builder.load(count)
                number = builder.load(builder.gep(table, [builder.add(builder.mul(i, args[3]), args[4])]))
                builder.store(i, builder.gep(entry, [at]))
                builder.store(number, builder.gep(coefficient, [at]))
                builder.store(builder.add(at, index(1)), count)
            return builder.load(count)

        return i8(entry, coefficient, table, i8, i8, nonzero, i8), build

    @intrinsic
    def add_column(typing, y, start, factor, table, width, j, nonzero, height):
        def build(context, builder, signature, args):
            y, table, nonzero = (data(context, builder, signature.args[k], args[k]) for k in (0, 3, 6))
            for i in rows_of_column(builder, nonzero, args[5], args[7]):
                number = builder.load(builder.gep(table, [builder.add(builder.mul(i, args[4]), args[5])]))
                at = builder.gep(y, [builder.add(args[1], i)])
                builder.store(builder.fadd(builder.load(at), builder.fmul(args[2], number)), at)
            return context.get_dummy_value()

        return types.void(y, i8, f8, table, i8, i8, nonzero, i8), build

    def lane_sum(builder, a):
        for half in (4, 2, 1):
            turned = ir.Constant(ir.VectorType(short, LANES), [(k + half) % LANES for k in range(LANES)])
            a = builder.fadd(a, builder.shuffle_vector(a, undefined, turned))
        return builder.extract_element(a, short(0))

    def rows_of_block(builder, nonzero, block, height):
        """Go through the rows in which a block of the table has a nonzero."""
        many = ir.VectorType(byte, BITS)
        start = builder.mul(block, height)
        with cgutils.for_range_slice(builder, index(0), height, index(BITS), index) as (first, _):
            pointer = builder.gep(nonzero, [builder.add(start, first)])
            masks = builder.load(builder.bitcast(pointer, many.as_pointer()), align=1)
            found = builder.icmp_unsigned("!=", masks, ir.Constant(many, [0] * BITS))
            for place in set_bits(builder, builder.bitcast(found, index)):
                yield builder.add(first, place)

    @intrinsic
    def multiply(typing, y, width, table, rows, nonzero, height, sums):
        def build(context, builder, signature, args):
            y, table, nonzero, sums = (
                data(context, builder, signature.args[k], args[k]) for k in (0, 2, 4, 6)
            )
            with cgutils.for_range(builder, args[3], intp=index) as loop:
                store(builder, constant(0.0), sums, builder.mul(loop.index, index(LANES)))
            with blocks(builder, args[1]) as (j, _):
                factors = load(builder, y, j)
                other = builder.fcmp_unordered("!=", factors, constant(0.0))
                with builder.if_then(builder.icmp_unsigned("!=", builder.bitcast(other, byte), byte(0))):
                    for i in rows_of_block(builder, nonzero, builder.lshr(j, index(3)), args[5]):
                        at = builder.add(builder.mul(i, args[1]), j)
                        term = builder.fmul(load(builder, table, at), factors)
                        at = builder.mul(i, index(LANES))
                        store(builder, builder.fadd(load(builder, sums, at), term), sums, at)
            with cgutils.for_range(builder, args[3], intp=index) as loop:
                total = lane_sum(builder, load(builder, sums, builder.mul(loop.index, index(LANES))))
                builder.store(total, builder.gep(y, [builder.add(args[1], loop.index)]))
            return context.get_dummy_value()

        return types.void(y, i8, table, i8, nonzero, i8, sums), build

    @intrinsic
    def trailing_zeros(typing, bits):
        def build(context, builder, signature, args):
            return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

        return i8(i8), build

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

    @intrinsic
    def lanes_beyond(typing, table, start, width, limit):
        def build(context, builder, signature, args):
            numbers = data(context, builder, signature.args[0], args[0])
            limit = spread(builder, args[3])
            bits = cgutils.alloca_once_value(builder, index(0))
            with blocks(builder, args[2]) as (i, _):
                large = magnitude(builder, load(builder, numbers, builder.add(args[1], i)))
                mask = builder.bitcast(builder.fcmp_ordered(">", large, limit), byte)
                mask = builder.shl(builder.zext(mask, index), i)
                builder.store(builder.or_(builder.load(bits), mask), bits)
            return builder.load(bits)

        return i8(table, i8, i8, f8), build

    @intrinsic
    def sign_agrees(typing, table, start, width, side, limit):
        def build(context, builder, signature, args):
            numbers = data(context, builder, signature.args[0], args[0])
            side, limit = spread(builder, args[3]), spread(builder, args[4])
            wrong = cgutils.alloca_once_value(builder, ir.Constant(ir.IntType(1), 0))
            open_ = cgutils.alloca_once_value(builder, ir.Constant(ir.IntType(1), 1))
            with blocks(builder, args[2]) as (i, _):
                here = load(builder, numbers, builder.add(args[1], i))
                large = builder.fcmp_ordered(">", magnitude(builder, here), limit)
                against = builder.fcmp_ordered("<", builder.fmul(here, side), constant(0.0))
                large = builder.bitcast(large, byte)
                first = builder.and_(large, builder.neg(large))
                against = builder.and_(first, builder.bitcast(against, byte))
                against = builder.icmp_unsigned("!=", against, byte(0))
                now = builder.load(open_)
                builder.store(builder.or_(builder.load(wrong), builder.and_(now, against)), wrong)
                builder.store(builder.and_(now, builder.icmp_unsigned("==", large, byte(0))), open_)
            return builder.not_(builder.load(wrong))

        return types.boolean(table, i8, i8, f8, f8), build

    return (
        add_outer,
        add_blocks,
        scale_blocks,
        list_above,
        list_nonzeros,
        nonzero_lanes,
        nonzero_blocks,
        list_column,
        add_column,
        multiply,
        trailing_zeros,
        largest_excess,
        first_excess,
        lanes_beyond,
        sign_agrees,
    )


def _choose():
    """Return the vector forms where they can be built, else the plain ones."""
    plain = (
        plain_add_outer,
        plain_add_blocks,
        plain_scale_blocks,
        plain_list_above,
        plain_list_nonzeros,
        plain_nonzero_lanes,
        plain_nonzero_blocks,
        plain_list_column,
        plain_add_column,
        plain_multiply,
        plain_trailing_zeros,
        plain_largest_excess,
        plain_first_excess,
        plain_lanes_beyond,
        plain_sign_agrees,
    )
    if os.environ.get("WATERBAL_PLAIN_LOOPS", "") not in ("", "0"):
        return plain
    try:
        return _vector_forms()
    except (ImportError, AttributeError, TypeError):
        return plain


(
    add_outer,
    add_blocks,
    scale_blocks,
    list_above,
    list_nonzeros,
    nonzero_lanes,
    nonzero_blocks,
    list_column,
    add_column,
    multiply,
    trailing_zeros,
    largest_excess,
    first_excess,
    lanes_beyond,
    sign_agrees,
) = _choose()
