"""The key of an identity: a keyed hash of an identity document, which itself is not stored."""

import hmac

from shared.input.identity_numbers import normalize_identity_number

KEY_LENGTH = 16
"""Bytes of a key."""


def tenant_secret(installation_secret: bytes, tenant: str) -> bytes:
    """Return the secret for the identities of one tenant: keys of two tenants cannot be joined."""
    return hmac.digest(installation_secret, b"identities of a tenant\0" + tenant.encode(), "sha256")


def identity_key(secret: bytes, document_type: str, document_number: str) -> str:
    """Return the key of the identity that a document proves, in hexadecimal digits.

    Without the secret of the tenant, guessed numbers cannot be tested.

    Args:
        secret: of the tenant.
        document_type: as the rules name it.
        document_number: in any spelling.
    """
    text = f"{document_type}\0{normalize_identity_number(document_number)}"
    return hmac.digest(secret, text.encode(), "sha256")[:KEY_LENGTH].hex()


def lock_number(identity: str) -> int:
    """Return the number by which PostgreSQL locks an identity: the first half of its key."""
    return int.from_bytes(bytes.fromhex(identity)[: KEY_LENGTH // 2], signed=True)
