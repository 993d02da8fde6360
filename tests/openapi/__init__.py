"""Each service's OpenAPI description, held against what the service answers."""
