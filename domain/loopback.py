"""What is certainly this machine alone."""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """An address of 127.0.0.0/8, ::1, or the name localhost; other names may lead anywhere."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
