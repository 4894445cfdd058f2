"""A cluster that all tests share which do it no harm."""

from collections.abc import Iterator
from typing import Any

import pytest

from .clusters import cluster


@pytest.fixture(scope="package")
def shared_client() -> Iterator[Any]:
    with cluster(set_as_default=False) as client:
        yield client


@pytest.fixture
def client(shared_client: Any) -> Iterator[Any]:
    with shared_client.as_current():
        yield shared_client
