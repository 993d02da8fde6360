"""Examples for the OpenAPI description. One module for each resource."""
