"""Tests of the resources service."""
