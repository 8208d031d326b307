"""Finds the real documents that lie beside the checkout, where there are any."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


def shared_path(name: str) -> Path:
    """Return a file of the shared material, or skip the test where it is absent.

    Args:
        name: Path inside the shared folder, such as `seeds/nantong-2019-89.txt`.
    """
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"shared/{name} is not beside this checkout")
    return path
