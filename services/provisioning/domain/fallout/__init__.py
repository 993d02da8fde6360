"""Fallout (卡单): records of failed steps, and the actions that operators can take."""
