"""Fixtures of the room's tests."""

import pytest

from jiyue.operations.backup import envelopes


@pytest.fixture(autouse=True)
def _quick_passphrases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passphrases cost a second each on purpose; tests have no secret to keep."""
    monkeypatch.setattr(envelopes, "ITERATIONS", 1_000)
