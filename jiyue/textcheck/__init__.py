"""Checks over text: pure functions, with rules as data."""
