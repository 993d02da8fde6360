"""Erasure of a party's personal data, in tables and in archived files."""
