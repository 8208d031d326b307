"""Library standards as data: which element of theirs carries which field of ours (LIB-15).

One TOML file per standard. More may lie in the folder `library-standards` of
the data folder, so that a province's own standard needs no change of the program.
"""

import dataclasses
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

FOLDER = Path(__file__).parent


class ValueType(StrEnum):
    """How a value is written."""

    TEXT = "text"
    HTML = "html"
    DATE = "date"
    LIST = "list"
    CODE = "code"
    DERIVED = "derived"  # known to the platform; never read in


class Obligation(StrEnum):
    """Whether a value must be there."""

    MANDATORY = "mandatory"
    DOCUMENT = "document"  # mandatory for kinds that are documents
    OPTIONAL = "optional"


@dataclasses.dataclass(frozen=True)
class Element:
    """One line of a mapping.

    Attributes:
        field: Our field of `ResourceContent`, or a derived value.
        element: The standard's name.
        label: The standard's words.
        type: How it is written.
        obligation: Whether it must be there.
        codes: Our code → theirs.
    """

    field: str
    element: str
    label: str
    type: ValueType
    obligation: Obligation
    codes: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Standard:
    """A library standard.

    Attributes:
        code, name, version: What it is called.
        is_example: Whether it only shows the form of a mapping.
        clause: Where it is asked for.
        root, item: Names of the outer and of the repeated XML element.
        elements: The mapping, in the standard's order.
    """

    code: str
    name: str
    version: str
    is_example: bool
    clause: str
    root: str
    item: str
    elements: tuple[Element, ...]


def _read(path: Path) -> Standard:
    data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    elements = tuple(
        Element(
            field=row["field"],
            element=row["element"],
            label=row["label"],
            type=ValueType(row["type"]),
            obligation=Obligation(row["obligation"]),
            codes=row.get("codes", {}),
        )
        for row in data.pop("field")
    )
    return Standard(**data, elements=elements)


@cache
def read_standards() -> Mapping[str, Standard]:
    """Every known standard by its code, the platform's own one first."""
    folders = (FOLDER, Path(settings.DATA_DIR) / "library-standards")
    found = [_read(path) for folder in folders for path in sorted(folder.glob("*.toml"))]
    return {standard.code: standard for standard in sorted(found, key=lambda each: each.code != "gl-core")}


def get_standard(code: str) -> Standard:
    """The standard with that code.

    Raises:
        LookupError: There is none.
    """
    try:
        return read_standards()[code]
    except KeyError:
        raise LookupError(f"No library standard is called {code!r}.") from None
