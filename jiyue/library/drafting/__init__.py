"""Unsaved typing and locks of the editor."""
