"""How hard the fault tests try: once in a plain run of the tests, many rounds and a soak in `make faults`."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("faults")
    group.addoption("--rounds", type=int, default=1, help="how often each fault is made to happen")
    group.addoption("--soak", type=float, default=0.0, metavar="SECONDS", help="how long the soak takes; 0: none")


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> int:
    """1: a second or two; 10: what `make faults` does."""
    number: int = request.config.getoption("--rounds")
    return number


@pytest.fixture
def soak_s(request: pytest.FixtureRequest) -> float:
    seconds: float = request.config.getoption("--soak")
    if not seconds:
        pytest.skip("no soak was asked for: make faults, or --soak SECONDS")
    return seconds
