"""Hand-written doubles of the domain's ports, shared by the tests."""
