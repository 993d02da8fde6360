"""Tests of the local stack, the containers and the alerts."""
