"""Batches of publishing: what was asked for, how far it is, what failed."""
