"""Reading policy profiles: every legal number with its unit and clause (PROF-01)."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_PROFILE_DIR = Path(__file__).parent / "profiles"
DEFAULT_PROFILE = "default"


@dataclass(frozen=True)
class PolicyValue:
    """One resolved value.

    Attributes:
        value: Number, text or list as the profile states it.
        unit: What the number counts.
        origin: Profile it was found in.
        clause: Where the regulation says so.
    """

    key: str
    value: int | str | list[str]
    unit: str
    origin: str
    clause: str

    @property
    def number(self) -> int:
        """The value as a whole number; `TypeError` when it isn't one."""
        if not isinstance(self.value, int):
            raise TypeError(f"{self.key} is not a number")
        return self.value

    @property
    def items(self) -> list[str]:
        """The value as a list of names; `TypeError` when it isn't one."""
        if not isinstance(self.value, list):
            raise TypeError(f"{self.key} is not a list")
        return self.value


@cache
def _read(profile: str) -> dict[str, dict[str, dict[str, object]]]:
    with (_PROFILE_DIR / f"{profile}.toml").open("rb") as file:
        return tomllib.load(file)


def value(key: str, *, profiles: tuple[str, ...] = ()) -> PolicyValue:
    """Resolve `area.name` in the given profiles, nearest first, then the default.

    Raises:
        LookupError: No profile states the key.
    """
    area, _, name = key.partition(".")
    for profile in (*profiles, DEFAULT_PROFILE):
        entry = _read(profile).get(area, {}).get(name)
        if entry is not None:
            return PolicyValue(
                key=key,
                value=entry["value"],  # type: ignore[arg-type]  # the profile's own type, checked on use
                unit=str(entry["unit"]),
                origin=profile,
                clause=str(entry["clause"]),
            )
    raise LookupError(f"No policy profile states {key!r}.")
