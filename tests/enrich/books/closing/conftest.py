"""A ledger without reference data, which closing does not need."""

import pytest
from harness.books import Books


@pytest.fixture
def own_books(store, configuration):
    """A ledger of one test."""
    return Books(store, configuration)
