"""Sums of decimals that are exact on every database: SQLite adds them up as floating numbers."""

from decimal import Decimal


def exact(value: Decimal | float | None, places: int = 2) -> Decimal:
    """Bring what a database added up back to the decimal places of its column; nothing added up is zero.

    Exact up to 15 digits, which is more than any budget line has.
    """
    return Decimal(value or 0).quantize(Decimal(1).scaleb(-places))
