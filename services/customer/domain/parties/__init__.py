"""Parties and accounts as clients of the API report them, and who may see them."""
