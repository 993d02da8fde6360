"""How network elements are spoken to, one module for each way."""
