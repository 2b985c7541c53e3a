"""A cluster of its own for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def cluster(data_dir: Path) -> Iterator[Cluster]:
    """Servers of its own, no worker yet."""
    data_dir.mkdir()
    with Cluster(data_dir) as cluster:
        yield cluster
