"""Check digits of numbers that name people, cards and bodies."""

from datetime import date

# Weights and check characters of identity numbers: GB 11643—1999.
_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_IDENTITY_CHECKS = "10X98765432"
_FIRST_YEAR = 1850  # nobody alive was born before
# Characters and weights of unified social credit codes: GB 32100—2015.
_CREDIT_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))


def has_identity_form(number: str, provinces: frozenset[str], today: date) -> bool:
    """Tell whether eighteen or fifteen characters are built like an identity number.

    Args:
        number: Digits, the last one possibly `X`.
        provinces: First two digits that exist.
        today: Nobody is born later.

    Source: GB 11643—1999.
    """
    if number[:2] not in provinces:
        return False
    if len(number) == 15 and number.isdigit():
        return _is_birthday(f"19{number[6:12]}", today)
    return len(number) == 18 and number[:17].isdigit() and _is_birthday(number[6:14], today)


def is_identity_number(number: str, provinces: frozenset[str], today: date) -> bool:
    """Tell whether a number is built like an identity number and its check digit fits.

    Args:
        number: Digits, the last one possibly `X`; numbers of fifteen digits have no check digit.
        provinces: First two digits that exist.
        today: Nobody is born later.

    Source: GB 11643—1999.
    """
    if not has_identity_form(number, provinces, today):
        return False
    if len(number) == 15:
        return True
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _IDENTITY_WEIGHTS, strict=True))
    return number[17].upper() == _IDENTITY_CHECKS[total % 11]


def _is_birthday(digits: str, today: date) -> bool:
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return day.year >= _FIRST_YEAR and day <= today


def is_luhn(number: str) -> bool:
    """Tell whether the last digit is the check digit of the others (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0 and len(set(number)) > 2


def is_credit_code(code: str) -> bool:
    """Tell whether eighteen characters are a unified social credit code.

    Source: GB 32100—2015.
    """
    if len(code) != 18 or any(character not in _CREDIT_CHARACTERS for character in code):
        return False
    values = [_CREDIT_CHARACTERS.index(character) for character in code]
    total = sum(value * weight for value, weight in zip(values[:17], _CREDIT_WEIGHTS, strict=True))
    return values[17] == (31 - total % 31) % 31
