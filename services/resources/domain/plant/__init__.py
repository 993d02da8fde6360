"""Imported line plant (机线) and number segments: validation, names, addresses."""
