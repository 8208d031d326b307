"""The signed manifest and the watch over published files."""
