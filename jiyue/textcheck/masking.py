"""How private data is shown where it has to be named: enough to tell cases apart, not to find anybody."""

import re

_DIGIT = re.compile(r"\d")


def mask_middle(text: str, first: int, last: int) -> str:
    """Keep the first and the last characters and put stars between them.

    Source: CQ (九) (REV-18).
    """
    hidden = max(len(text) - first - last, 1)
    return text[:first] + "*" * hidden + (text[-last:] if last else "")


def mask_identity(number: str) -> str:
    """Region and last four characters of an identity number."""
    return mask_middle(number.upper(), 6, 4 if len(number) == 18 else 3)


def mask_mobile(number: str) -> str:
    """First three and last four digits of a mobile number."""
    return mask_middle(number, 3, 4)


def mask_card(number: str) -> str:
    """First and last four digits of a bank card."""
    return mask_middle(number, 4, 4)


def mask_digits(text: str) -> str:
    """Words without their digits, for addresses."""
    return _DIGIT.sub("*", text)


def mask_mail(address: str) -> str:
    """First character and domain of an e-mail address."""
    name, _at, domain = address.partition("@")
    return f"{name[:1]}***@{domain}"


def mask_name(name: str, sign: str) -> str:
    """The family name, and one sign for each other character.

    Args:
        name: Name of a person.
        sign: What stands for a character that is left out.
    """
    return name[:1] + sign * (len(name) - 1)
