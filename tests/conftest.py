"""Fixtures that every kind of test may use."""

pytest_plugins = ("tests.fixtures.databases", "tests.fixtures.ledger", "tests.faults.effort")
