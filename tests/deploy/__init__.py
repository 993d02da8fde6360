"""Tests of what the project runs on and with."""
