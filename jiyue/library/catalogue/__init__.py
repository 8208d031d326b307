"""Taxonomies, sources, relations between documents."""
