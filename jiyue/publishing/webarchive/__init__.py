"""Archived pages, whole sites written out and taken in again."""
