"""Loops over contiguous rows of the simplex dictionary, eight numbers at a time.

Rows are about fifty numbers long. There numba's own vectoriser loses: its checks for overlapping arrays and
its remainder loops cost more than the arithmetic, and the simplex is then half as fast. So the few loops that
matter are written as vectors of eight in LLVM's own terms (``vector``); LLVM splits them where the processor is
narrower.
The plain loops do the same arithmetic in the same order, so both give the same bits; they are used where the
vector forms cannot be built, or when ``WATERBAL_PLAIN_LOOPS=1``.

Widths are multiples of eight.
"""

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


PLAIN = (
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
"""All of them, in the order of their vector forms."""
