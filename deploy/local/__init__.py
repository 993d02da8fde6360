"""Kaitong on one machine: the engines, and the supervisor that keeps all processes running."""
