"""The console: the command line for operators, developers and the curious.

Owns:   no business data; it speaks to the services' APIs.
Hears:  nothing.
Tells:  nothing.
API:    `kaitong`, see `kaitong --help`.
"""
