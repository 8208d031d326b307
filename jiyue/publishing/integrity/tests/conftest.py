"""Fixtures of the watch's tests."""

from collections.abc import Iterator

import pytest

from jiyue.publishing.integrity.models import Sweep
from jiyue.publishing.integrity.tests.following import until
from jiyue.publishing.integrity.watching import Watch
from tests.factories import World


@pytest.fixture
def watch(world: World) -> Iterator[Watch]:
    """A watch that has compared everything once."""
    watch = Watch()
    with watch._stack:
        watch.start()
        until(watch, lambda: Sweep.objects.count() == 1)
        yield watch
