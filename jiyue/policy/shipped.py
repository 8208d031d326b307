"""The profiles that travel with the software: the five documents and the defaults, as TOML."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jiyue.policy.values import PolicyValue

PROFILE_DIR = Path(__file__).parent / "profiles"
DEFAULT_PROFILE = "default"
NATIONAL_PROFILE = "GL"
HEADER = "profile"  # the one table of a file that states no values


@dataclass(frozen=True)
class ShippedProfile:
    """One file of `profiles/`.

    Attributes:
        code: Name of the file, e.g. `GL`.
        title: Title of the document, as it is printed.
        document: Its number or date; blank for the defaults.
        version: Grows when a release changes a value of the file.
        values: Every value the document states, by key.
    """

    code: str
    title: str
    document: str
    version: int
    values: Mapping[str, PolicyValue]


@cache
def read_profiles() -> Mapping[str, ShippedProfile]:
    """Every shipped profile by code; read once per process."""
    return {path.stem: _read(path) for path in sorted(PROFILE_DIR.glob("*.toml"))}


def _read(path: Path) -> ShippedProfile:
    with path.open("rb") as file:
        areas = tomllib.load(file)
    header = areas.pop(HEADER)
    version = int(header["version"])
    values = {
        f"{area}.{name}": PolicyValue(
            key=f"{area}.{name}",
            value=entry["value"],
            unit=entry["unit"],
            origin=path.stem,
            clause=entry["clause"],
            version=version,
        )
        for area, entries in areas.items()
        for name, entry in _flatten(entries)
    }
    return ShippedProfile(path.stem, header["title"], header.get("document", ""), version, values)


def _flatten(table: Mapping[str, object], prefix: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Entries of an area with the rest of their key; a table inside a table is one part more."""
    found: list[tuple[str, dict[str, Any]]] = []
    for name, entry in table.items():
        if not isinstance(entry, dict):
            continue  # value, unit or clause of the entry above
        if "value" in entry:
            found.append((prefix + name, entry))
        found += _flatten(entry, f"{prefix}{name}.")
    return found
