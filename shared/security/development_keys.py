"""Keys and tokens for development: generated at the first start, never used in production.

The folder holds `development-ID.pem`, the public key that services read, and, readable by
its owner only, `development-ID.key` and a token for each role in `tokens/`. The folder
`public/` holds the public keys only; mount this one into containers.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from shared.config.security_checks import DEVELOPMENT_KEY_PREFIX
from shared.ids import time_ordered_id
from shared.security.caller import ALL_AREAS
from shared.security.roles import ROLES
from shared.security.tokens import KeysError

LIFETIME = timedelta(days=30)
RENEW_BEFORE = timedelta(days=7)
"""Stored tokens are renewed when they have less than this left."""

TENANT = "jiangsu"
ISSUER = "kaitong"
AUDIENCE = "kaitong"
"""Claims of tokens for development: the defaults of the settings."""

PUBLIC_FOLDER = "public"
OWNER_FILE_MODE = 0o600
OWNER_FOLDER_MODE = 0o700


def ensure_development_keys(folder: Path, now: datetime) -> None:
    """Make a key pair and a token for each role in the folder, where they are missing.

    Concurrent callers get the same keys. A folder with other keys is left unchanged: they
    belong to an issuer.
    """
    if not any(folder.glob("*.pem")):
        make_key_pair(folder)
    if private_key_path(folder):
        sync_public_keys(folder)
        renew_tokens(folder, now)


def make_key_pair(folder: Path) -> None:
    """Make the folder with a key pair atomically, unless another process was faster."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        key = generate_private_key(SECP256R1())
        stem = f"{DEVELOPMENT_KEY_PREFIX}{secrets.token_hex(4)}"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        write_private_file(temporary / f"{stem}.key", private)
        write_private_file(temporary / f"{stem}.pem", public)
        temporary.rename(folder)
    except OSError as error:
        if not any(folder.glob("*.pem")):
            message = f"cannot make keys in {folder} ({error.strerror}): name another folder"
            raise KeysError(message) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def sync_public_keys(folder: Path) -> None:
    """Make `public/` hold exactly the folder's public keys."""
    public = folder / PUBLIC_FOLDER
    public.mkdir(mode=OWNER_FOLDER_MODE, exist_ok=True)
    current = {path.name: path.read_bytes() for path in folder.glob("*.pem")}
    for path in public.iterdir():
        if path.suffix == ".pem" and path.name not in current:
            path.unlink(missing_ok=True)
    for name, content in current.items():
        if not (public / name).is_file() or (public / name).read_bytes() != content:
            write_private_file(public / name, content)


def renew_tokens(folder: Path, now: datetime) -> None:
    """Write a token for each role that has none, or one that expires soon."""
    tokens = folder / "tokens"
    tokens.mkdir(mode=OWNER_FOLDER_MODE, exist_ok=True)
    for role in ROLES:
        path = tokens / f"{role}.jwt"
        if not is_valid_until(path, now + RENEW_BEFORE):
            write_private_file(path, make_token(folder, role, now=now).encode())


def is_valid_until(path: Path, until: datetime) -> bool:
    """Tell whether a stored token expires after a time."""
    try:
        claims = jwt.decode(path.read_bytes(), options={"verify_signature": False})
    except (OSError, jwt.InvalidTokenError):
        return False
    return bool(claims.get("exp", 0) > until.timestamp())


def make_token(  # noqa: PLR0913  each is a claim
    folder: Path,
    role: str,
    *,
    now: datetime,
    client: str = "",
    person: str = "",
    tenant: str = TENANT,
    lifetime: timedelta = LIFETIME,
    scopes: frozenset[str] | None = None,
    areas: Collection[str] | None = None,
) -> str:
    """Return a token for development, signed with the folder's own key.

    Args:
        folder: Folder of the keys, from ensure_development_keys.
        role: One of ROLES.
        now: Time of issue.
        client: The client; empty for `development-ROLE`.
        person: The person who acts through the client; empty for the client itself.
        tenant: The tenant whose data it gives access to.
        lifetime: Time until it expires.
        scopes: Scopes that it is narrowed to; None for all of the role.
        areas: A crew's local networks and districts; None for all areas.

    Raises:
        KeysError: there is no development key in the folder, or no such role.
    """
    key = private_key_path(folder)
    if key is None:
        message = f"{folder} holds no development key: run ./kaitong up once, it makes one"
        raise KeysError(message)
    if role not in ROLES:
        message = f"there is no role {role}: use one of {', '.join(ROLES)}"
        raise KeysError(message)
    client = client or f"{DEVELOPMENT_KEY_PREFIX}{role}"
    issued = int(now.timestamp())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": person or client,
        "client_id": client,
        "jti": str(time_ordered_id()),
        "iat": issued,
        "exp": issued + int(lifetime.total_seconds()),
        "tenant": tenant,
        "role": role,
        "areas": ALL_AREAS if areas is None else " ".join(sorted(areas)),
        **({} if scopes is None else {"scope": " ".join(sorted(scopes))}),
    }
    header = {"typ": "at+jwt", "kid": key.stem}
    return jwt.encode(claims, key.read_bytes(), algorithm="ES256", headers=header)


def private_key_path(folder: Path) -> Path | None:
    """Return the path of the folder's private key, if it has one."""
    return next(iter(sorted(folder.glob(f"{DEVELOPMENT_KEY_PREFIX}*.key"))), None)


def write_private_file(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, atomically."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    Path(temporary).chmod(OWNER_FILE_MODE)
    Path(temporary).replace(path)
