"""Blueprints (fulfilment patterns): their content, validation and publication."""
