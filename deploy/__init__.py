"""Where Kaitong runs: on one machine, in containers, in clusters."""
