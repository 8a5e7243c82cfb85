"""Which addresses are this machine's alone."""

import pytest

from domain.loopback import is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.255.255.254", "::1", "localhost", "LOCALHOST"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "", "0", "192.168.0.1", "10.0.0.1", "fe80::1", "localhost.example", "127.0.0.1.example"]
)
def test_what_others_may_reach(host: str) -> None:
    assert not is_loopback(host)
