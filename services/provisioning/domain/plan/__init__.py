"""Plans: their steps and states, how they advance, are executed and compensated."""
