"""The console: the command line for operators and developers.

Owns:      no business data; it calls the services' APIs.
Consumes:  nothing.
Publishes: nothing.
API:       `kaitong`, see `kaitong --help`.
"""
