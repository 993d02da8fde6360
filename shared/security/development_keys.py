"""Keys and tokens for development: made at the first start, never used in production.

The folder holds `development-ID.pem`, the public key that services read, and, for its
owner's eyes only, `development-ID.key` and a token for each role in `tokens/`. What is
handed to others, a container for example, is `public/`: the public keys alone.
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
from shared.security.roles import ROLES
from shared.security.tokens import KeysError

LIFETIME = timedelta(days=30)
RENEW_BEFORE = timedelta(days=7)
"""Stored tokens are renewed when they have less than this left."""

TENANT = "jiangsu"
ISSUER = "kaitong"
AUDIENCE = "kaitong"
ALL_AREAS = "*"
"""What tokens for development say of themselves: the defaults of the settings."""

PUBLIC_FOLDER = "public"
OWNER_FILE_MODE = 0o600
OWNER_FOLDER_MODE = 0o700


def make_development_keys(folder: Path, now: datetime) -> None:
    """See that the folder holds a key pair and a token for each role.

    Whoever else does the same at the same time gets the same keys. A folder with other
    keys is left as it is: there is an issuer.
    """
    if not any(folder.glob("*.pem")):
        make_key_pair(folder)
    if private_key_path(folder):
        copy_public_keys(folder)
        renew_tokens(folder, now)


def make_key_pair(folder: Path) -> None:
    """Make the folder with a key pair, all at once, or leave it to who was quicker."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        key = generate_private_key(SECP256R1())
        stem = f"{DEVELOPMENT_KEY_PREFIX}{secrets.token_hex(4)}"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        write_private_file(made / f"{stem}.key", private)
        write_private_file(made / f"{stem}.pem", public)
        made.rename(folder)
    except OSError as error:
        if not any(folder.glob("*.pem")):
            message = f"cannot make keys in {folder} ({error.strerror}): name another folder"
            raise KeysError(message) from error
    finally:
        shutil.rmtree(made, ignore_errors=True)


def copy_public_keys(folder: Path) -> None:
    """See that `public/` holds the folder's public keys, and no other."""
    public = folder / PUBLIC_FOLDER
    public.mkdir(mode=OWNER_FOLDER_MODE, exist_ok=True)
    here = {path.name: path.read_bytes() for path in folder.glob("*.pem")}
    for path in public.iterdir():
        if path.suffix == ".pem" and path.name not in here:
            path.unlink(missing_ok=True)
    for name, content in here.items():
        if not (public / name).is_file() or (public / name).read_bytes() != content:
            write_private_file(public / name, content)


def renew_tokens(folder: Path, now: datetime) -> None:
    """Write a token for each role that has none, or none that lasts."""
    tokens = folder / "tokens"
    tokens.mkdir(mode=OWNER_FOLDER_MODE, exist_ok=True)
    for role in ROLES:
        path = tokens / f"{role}.jwt"
        if not is_valid_until(path, now + RENEW_BEFORE):
            write_private_file(path, make_token(folder, role, now=now).encode())


def is_valid_until(path: Path, until: datetime) -> bool:
    """Tell whether a stored token is good until then."""
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
        folder: Where make_development_keys put the keys.
        role: One of ROLES.
        now: When it is issued.
        client: Whose it is; `development-ROLE` when nothing is said.
        person: Who acts through the client; the client itself when nothing is said.
        tenant: Whose data it opens.
        lifetime: How long it counts.
        scopes: What it is narrowed to; None for all that the role may do.
        areas: Where a crew works: local networks and districts; None for everywhere.

    Raises:
        KeysError: there is no key for development in the folder, or no such role.
    """
    key = private_key_path(folder)
    if key is None:
        message = f"{folder} holds no key for development: run ./kaitong up once, it makes one"
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
    """Return where the folder's own private key is, if it has one."""
    return next(iter(sorted(folder.glob(f"{DEVELOPMENT_KEY_PREFIX}*.key"))), None)


def write_private_file(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    handle, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(made).chmod(OWNER_FILE_MODE)
    Path(made).replace(path)
