"""Deployment of Kaitong: on one machine, in containers, in clusters."""
