"""The loops as vectors of eight numbers in LLVM's own terms; see ``loops``."""

import os

from waterbal.kernel.loops import BITS, LANES, PLAIN


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
    if os.environ.get("WATERBAL_PLAIN_LOOPS", "") not in ("", "0"):
        return PLAIN
    try:
        return _vector_forms()
    except (ImportError, AttributeError, TypeError):
        return PLAIN


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
