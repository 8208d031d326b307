"""Taxonomies, sources, relations between documents, index numbers: what the library's metadata rests on."""
