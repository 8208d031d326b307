"""Backup and restore: database, files and keys, encrypted and signed, the keys apart (SEC-13, SEC-22)."""
