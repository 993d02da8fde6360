"""The version of Kaitong: in `kaitong --version`, status, metrics, APIs and messages.

Semantic versioning: the first number changes with what breaks a client, a reader of messages
or an upgrade; the second with new functions; the third with fixes. CHANGELOG.md lists them.
"""

VERSION = "0.2.0"
