"""Erasing who a party was, in tables and in archived files."""
