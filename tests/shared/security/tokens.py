"""Tokens with the claims that a test needs."""

from datetime import datetime
from pathlib import Path
from typing import Any

import jwt
import pytest

from shared.security.caller import BadTokenError
from shared.security.tokens import ExpectedClaims, TokenVerifier
from tests.shared.http.small_api import NOW

EXPECTED = ExpectedClaims("kaitong", "kaitong")


class Clock:
    """A clock that a test sets."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now.timestamp()

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def claims(**more: Any) -> dict[str, Any]:
    """Return the claims of a valid token."""
    issued = int(NOW.timestamp())
    return {
        "iss": "kaitong",
        "aud": "kaitong",
        "sub": "crm-1",
        "client_id": "crm-1",
        "iat": issued,
        "exp": issued + 3600,
        "tenant": "jiangsu",
        "role": "crm",
        **more,
    }


def private_of(keys: Path) -> bytes:
    """Return the private key in a folder."""
    return next(keys.glob("*.key")).read_bytes()


def kid_of(keys: Path) -> str:
    """Return the id of the key in a folder."""
    return next(keys.glob("*.key")).stem


def signed(keys: Path, content: dict[str, Any], **header: Any) -> bytes:
    """Return a token with these claims, signed with the right key."""
    head = {"typ": "at+jwt", "kid": kid_of(keys), **header}
    return jwt.encode(content, private_of(keys), algorithm="ES256", headers=head).encode()


def rejection_reason(tokens: TokenVerifier, token: bytes) -> str:
    """Return why a token is rejected."""
    with pytest.raises(BadTokenError) as caught:
        tokens.verify(token)
    return caught.value.detail
