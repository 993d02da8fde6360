"""Additions that exist in tests alone: docs/develop.md says what to touch, and when it is complete.

An addition is a list of edits, applied to a copy of the checkout.
"""
