"""A worker killed again and again while items are published."""
