"""Identities (实名): who holds products, under which document, and what limits and blocks them."""
