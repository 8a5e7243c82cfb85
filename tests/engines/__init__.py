"""Engines that tests run in child processes."""
