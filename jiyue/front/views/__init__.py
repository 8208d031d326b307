"""The few public pages that are not files."""
