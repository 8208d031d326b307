"""QR codes of page addresses, quick enough to be drawn on every page.

For a fixed version and mask a QR code is an affine function of its bits over
GF(2): error correction is linear, and mask and function patterns are added. So
the code of an address is a base symbol with one prepared contribution per
byte, added by exclusive or. That takes microseconds where a general encoder
takes a millisecond; the tests compare the results module by module with segno,
which also supplies the function patterns and every address too long for here.

Error correction level L: the codes are read from clean screens and prints.
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from operator import itemgetter

import segno
from segno import consts

QUIET_ZONE = 4  # modules around the code
MASK = 0  # every reader accepts any mask
# version: data and error-correction bytes of the single block at level L
_CAPACITY = {1: (19, 7), 2: (34, 10), 3: (55, 15), 4: (80, 20), 5: (108, 26)}
_HEADER_BITS = 12  # mode and length in front of the text
_OVERHEAD_BYTES = 2  # header and terminator
_BYTE_MODE = 0b0100
_PADDING = (0xEC, 0x11)
_DATA = frozenset({consts.TYPE_DATA_DARK, consts.TYPE_DATA_LIGHT})
_LIGHTEST_DARK = 0xFF  # segno's kinds of dark modules are larger
_FIELD = 0x11D  # the polynomial of GF(256) that QR codes use


@lru_cache(maxsize=256)
def draw_qr(address: str) -> str:
    """Return an inline SVG of the QR code of `address`, quiet zone included."""
    text = address.encode()
    version = _version(len(text))
    if version is None:
        code = segno.make_qr(text, error="l", mask=MASK, boost_error=False)
        rows = [bytes(row) for row in code.matrix]
        width = -(-len(rows) // 8)
        packed = b"".join(_pack(row, width) for row in rows)
        return _svg(packed, len(rows))
    symbol = _symbol(version)
    fixed = text.rfind(b"/") + 1  # pages of a channel share all but their number
    bits = _prefix(version, len(text), text[:fixed])
    for table, byte in zip(symbol.tables[fixed:], text[fixed:], strict=False):
        bits ^= table[byte]
    return _svg(bits.to_bytes(symbol.size * symbol.row_bytes, "big"), symbol.size)


@cache
def _version(length: int) -> int | None:
    """The smallest version prepared here that holds so many bytes."""
    return next((v for v, (data, _) in _CAPACITY.items() if length <= data - _OVERHEAD_BYTES), None)


@lru_cache(maxsize=256)
def _prefix(version: int, length: int, prefix: bytes) -> int:
    bits = _base(version, length)
    for table, byte in zip(_symbol(version).tables, prefix, strict=False):
        bits ^= table[byte]
    return bits


@dataclass(frozen=True, slots=True)
class _Symbol:
    """What all codes of one version share; matrices are integers, rows padded to whole bytes."""

    size: int
    row_bytes: int
    blank: int  # function patterns, and the mask over all zero bits
    bits: tuple[int, ...]  # contribution of each data bit
    tables: tuple[tuple[int, ...], ...]  # contribution of each text byte by its value


@cache
def _symbol(version: int) -> _Symbol:
    data, correction = _CAPACITY[version]
    code = segno.make_qr(b"\0", version=version, error="l", mask=MASK, mode="byte", boost_error=False)
    rows = [list(row) for row in code.matrix_iter(border=0, verbose=True)]
    rows[8][-9] = consts.TYPE_DATA_LIGHT  # segno counts this module to the format beside it
    size, row_bytes = len(rows), -(-len(rows) // 8)

    def weight(row: int, column: int) -> int:
        return 1 << ((size - row) * row_bytes * 8 - 1 - column)

    places = [weight(row, column) for row, column in _data_places(rows)]
    blank = sum(
        weight(r, c)
        for r, row in enumerate(rows)
        for c, kind in enumerate(row)
        if ((r + c) % 2 == 0 if kind in _DATA else kind > _LIGHTEST_DARK)
    )
    bits = tuple(_bit_contribution(position, data, correction, places) for position in range(data * 8))
    tables = tuple(
        _byte_table(bits[start : start + 8])
        for start in range(_HEADER_BITS, _HEADER_BITS + 8 * (data - _OVERHEAD_BYTES), 8)
    )
    return _Symbol(size, row_bytes, blank, bits, tables)


@lru_cache(maxsize=64)
def _base(version: int, length: int) -> int:
    """The code of `length` zero bytes: header, length and padding added to the blank symbol."""
    data, _ = _CAPACITY[version]
    message = bytearray(data)
    message[0] = _BYTE_MODE << 4 | length >> 4
    message[1] = (length & 0xF) << 4
    # segno leaves a zero byte after the terminator, where readers have stopped; ours must equal its codes
    for offset, position in enumerate(range(length + _OVERHEAD_BYTES + 1, data)):
        message[position] = _PADDING[offset % 2]
    symbol = _symbol(version)
    matrix = symbol.blank
    for position, contribution in enumerate(symbol.bits):
        if message[position // 8] & 0x80 >> position % 8:
            matrix ^= contribution
    return matrix


def _data_places(rows: list[list[int]]) -> list[tuple[int, int]]:
    """Data modules in the order of their bits: two columns at a time, right to left, up and down."""
    size = len(rows)
    places = []
    upwards = True
    for right in (*range(size - 1, 6, -2), *range(5, 0, -2)):  # column 6 is the timing pattern
        for row in range(size - 1, -1, -1) if upwards else range(size):
            places += [(row, column) for column in (right, right - 1) if rows[row][column] in _DATA]
        upwards = not upwards
    return places


def _bit_contribution(position: int, data: int, correction: int, places: list[int]) -> int:
    """Modules that one data bit darkens, its share of the error correction included."""
    message = bytearray(data)
    message[position // 8] = 0x80 >> position % 8
    block = message + _correction_bytes(message, correction)
    return sum(
        places[byte * 8 + bit]
        for byte, value in enumerate(block)
        if value
        for bit in range(8)
        if value & 0x80 >> bit
    )


def _byte_table(contributions: tuple[int, ...]) -> tuple[int, ...]:
    table = [0]
    for contribution in reversed(contributions):  # the last bit counts one
        table += [matrix ^ contribution for matrix in table]
    return tuple(table)


@cache
def _powers() -> tuple[list[int], list[int]]:
    """Powers of 2 in GF(256), and their logarithms."""
    powers, logarithms, value = [0] * 510, [0] * 256, 1
    for exponent in range(255):
        powers[exponent] = powers[exponent + 255] = value
        logarithms[value] = exponent
        value = value << 1 ^ (_FIELD if value & 0x80 else 0)
    return powers, logarithms


@cache
def _generator(count: int) -> tuple[int, ...]:
    """Logarithms of the Reed-Solomon generator's coefficients below the leading one."""
    powers, logarithms = _powers()
    polynomial = [1]
    for exponent in range(count):
        shifted = [*polynomial, 0]
        for place, coefficient in enumerate(polynomial, start=1):
            shifted[place] ^= powers[logarithms[coefficient] + exponent]
        polynomial = shifted
    return tuple(logarithms[coefficient] for coefficient in polynomial[1:])


def _correction_bytes(message: bytes | bytearray, count: int) -> bytearray:
    powers, logarithms = _powers()
    generator = _generator(count)
    remainder = bytearray(count)
    for byte in message:
        factor = byte ^ remainder.pop(0)
        remainder.append(0)
        if factor:
            exponent = logarithms[factor]
            for place, coefficient in enumerate(generator):
                remainder[place] ^= powers[exponent + coefficient]
    return remainder


def _pack(row: bytes, width: int) -> bytes:
    return int("".join("1" if module else "0" for module in row).ljust(width * 8, "0"), 2).to_bytes(
        width, "big"
    )


@cache
def _strokes() -> tuple[str, ...]:
    """How to draw eight modules, ending where the next eight begin."""
    return tuple(
        "".join(f"h{len(run)}" if run[0] == "1" else f"m{len(run)} 0" for run in _runs(f"{byte:08b}"))
        for byte in range(256)
    )


def _runs(bits: str) -> list[str]:
    runs = [bits[0]]
    for bit in bits[1:]:
        if bit == runs[-1][0]:
            runs[-1] += bit
        else:
            runs.append(bit)
    return runs


@cache
def _last_strokes(row_bytes: int) -> tuple[str, ...]:
    """The same at the end of a row, going on to the start of the next one."""
    return tuple(f"{stroke}m-{row_bytes * 8} 1" for stroke in _strokes())


def _svg(packed: bytes, size: int) -> str:
    row_bytes = -(-size // 8)
    strokes, last = _strokes(), _last_strokes(row_bytes)
    parts = list(itemgetter(*packed)(strokes))
    parts[row_bytes - 1 :: row_bytes] = itemgetter(*packed[row_bytes - 1 :: row_bytes])(last)
    width = size + 2 * QUIET_ZONE
    return (
        f'<svg viewBox="0 0 {width} {width}" shape-rendering="crispEdges">'
        f'<path stroke="#000" d="M{QUIET_ZONE} {QUIET_ZONE}.5{"".join(parts)}"/></svg>'
    )
