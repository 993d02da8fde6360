"""Tests of the sample province."""
