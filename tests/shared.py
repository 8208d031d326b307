"""Material that may lie in a folder `shared/` beside the checkout.

Nothing needs it at run time. Tests that read it skip where it is absent.
"""

from pathlib import Path

import pytest

_SHARED = Path(__file__).resolve().parents[1].parent / "shared"


def shared_path(name: str) -> Path:
    """Return a file or folder of `shared/`, or skip the calling test."""
    path = _SHARED / name
    if not path.exists():
        pytest.skip(f"shared/{name} does not lie beside the checkout")
    return path
