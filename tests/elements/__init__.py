"""Tests of the network-element simulator."""
