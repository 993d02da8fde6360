"""Commands: store what was decided, publish it, and start what it asks for."""
