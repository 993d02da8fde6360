"""Plans: their steps and states, how they are executed and compensated."""
