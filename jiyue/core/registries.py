"""Registries: how a lower room starts work that lives in a higher one."""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Registry(Generic[T]):
    """Named entries, registered once at start-up and then only read."""

    def __init__(self, name: str):
        self.name = name
        self._entries: dict[str, T] = {}

    def register(self, key: str, entry: T) -> T:
        """Add `entry`; a second, different entry under the same key is a mistake."""
        if self._entries.get(key, entry) is not entry:
            raise ValueError(f"{self.name}: {key!r} is registered already")
        self._entries[key] = entry
        return entry

    def get(self, key: str) -> T:
        """Return the entry, or raise `LookupError` naming the registry."""
        try:
            return self._entries[key]
        except KeyError:
            raise LookupError(f"{self.name}: nothing registered as {key!r}") from None

    def __iter__(self) -> Iterator[tuple[str, T]]:
        return iter(self._entries.items())


class Announcement(Generic[T]):
    """A fact that higher rooms may react to, inside the announcing transaction.

    Listeners must only write rows (state of their own, outbox messages); a
    listener that raises undoes the whole change.
    """

    def __init__(self, name: str):
        self.name = name
        self._listeners: list[Callable[[T], None]] = []

    def listen(self, listener: Callable[[T], None]) -> Callable[[T], None]:
        """Register `listener`; usable as a decorator."""
        if listener not in self._listeners:
            self._listeners.append(listener)
        return listener

    def announce(self, fact: T) -> None:
        """Tell every listener, in order of registration."""
        for listener in self._listeners:
            listener(fact)
