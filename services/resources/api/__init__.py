"""The HTTP API of the resources service: requests in, views out.

routes      endpoints, one module for each resource; the other packages have the same names
schemas     what comes in: bodies, parameters, and their mapping to the domain
views       what goes out: bodies of responses, made from the domain's objects
examples    examples of both for the OpenAPI description
"""
