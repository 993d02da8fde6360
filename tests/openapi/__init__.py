"""Each service's OpenAPI description, compared with the service's answers."""
