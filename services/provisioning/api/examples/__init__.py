"""Examples of bodies for the OpenAPI description."""
