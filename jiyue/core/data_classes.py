"""What every stored kind of data is worth protecting: four classes, declared in one register (SEC-07).

`data_classes.toml` names each model, each purpose of private files and each
folder with its class and the reason. A test walks over all of them and fails
for an undeclared one. Important and sensitive data lie encrypted; the register
says by what.

Source: GL 七(一)3; GL 七(三)3.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

REGISTER = Path(__file__).with_name("data_classes.toml")


class DataClass(StrEnum):
    """How much harm a leak or a loss would do, the least first."""

    PUBLIC = "public"  # meant for everybody
    INTERNAL = "internal"  # for staff: work in progress, who did what
    IMPORTANT = "important"  # its loss or change harms the platform or a decision
    SENSITIVE = "sensitive"  # personal data and secrets


ENCRYPTED_CLASSES = frozenset({DataClass.IMPORTANT, DataClass.SENSITIVE})


@dataclass(frozen=True)
class Declared:
    """One kind of data.

    Attributes:
        name: `model:<label>`, `field:<label>.<field>`, `file:<purpose>` or `folder:<setting>`.
        data_class: Its class.
        reason: Why.
        protection: How an important or sensitive one is kept from strangers' eyes.
    """

    name: str
    data_class: DataClass
    reason: str
    protection: str = ""

    @property
    def is_encrypted(self) -> bool:
        """Whether it has to lie encrypted."""
        return self.data_class in ENCRYPTED_CLASSES


@cache
def read_register() -> Mapping[str, Declared]:
    """Everything that is declared, by name.

    Raises:
        ValueError: A class is none of the four, or an important one says nothing about its protection.
    """
    with REGISTER.open("rb") as file:
        sections = tomllib.load(file)
    found = {}
    for kind, entries in sections.items():
        for key, entry in entries.items():
            name = f"{kind}:{key}"
            declared = Declared(name, DataClass(entry["class"]), entry["reason"], entry.get("protection", ""))
            if declared.is_encrypted and not declared.protection:
                raise ValueError(f"{name}: {declared.data_class} data needs a protection")
            found[name] = declared
    return found


def class_of(name: str) -> DataClass:
    """Class of a kind of data.

    Raises:
        LookupError: It isn't declared.
    """
    try:
        return read_register()[name].data_class
    except KeyError:
        raise LookupError(f"No data class is declared for {name!r}.") from None


def is_encrypted_purpose(purpose: str) -> bool:
    """Whether private files of a purpose lie encrypted; one that isn't declared does."""
    declared = read_register().get(f"file:{purpose}")
    return declared is None or declared.is_encrypted
