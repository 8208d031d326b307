"""The vocabularies that travel with the software, as TOML: a national ground on which places build."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from jiyue.core import crypto

FOLDER = Path(__file__).parent / "shipped"
SEPARATOR = "\\"  # between the levels of a term, as pages and documents print it: 综合政务\电子政务


@dataclass(frozen=True)
class ShippedTaxonomy:
    """One file: name of the vocabulary, paths of its terms in order, and where they come from."""

    taxonomy: str
    terms: tuple[str, ...]
    basis: str

    @property
    def digest(self) -> str:
        """Stands for the terms."""
        return digest_of(self.terms)


def digest_of(terms: tuple[str, ...] | list[str]) -> str:
    """SM3 over the terms in their order."""
    return crypto.sm3_hex("\n".join(terms).encode())


def read_shipped() -> list[ShippedTaxonomy]:
    """Every vocabulary that ships with terms."""
    return [_read(path) for path in sorted(FOLDER.glob("*.toml"))]


def _read(path: Path) -> ShippedTaxonomy:
    data = tomllib.loads(path.read_text("utf-8"))
    terms: list[str] = []
    for top, below in data["terms"].items():
        terms.append(top)
        terms += [f"{top}{SEPARATOR}{name}" for name in below]
    return ShippedTaxonomy(path.stem, tuple(terms), data["basis"])
