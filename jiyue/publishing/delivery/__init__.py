"""Where files go: stores, kept revisions, caches to be purged."""
