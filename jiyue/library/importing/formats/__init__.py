"""Readers of file formats: bytes or text in, blocks out."""
