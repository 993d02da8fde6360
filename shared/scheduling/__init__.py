"""Timers: messages that a service sends itself, to be handled when they are due."""
