"""Verification of bearer tokens (JWT, profile of RFC 9068).

Verifying a signature takes a tenth of a millisecond, so a verified token is cached until
it expires, or until the keys change.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import jwt
import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from shared.errors import StartError
from shared.security.caller import BadTokenError, Caller
from shared.security.roles import ROLES, Roles

log = structlog.get_logger()

TOKEN_TYPES = frozenset({"at+jwt", "application/at+jwt"})
REQUIRED_CLAIMS = ["exp", "iat", "iss", "aud", "client_id", "tenant", "role"]
LEEWAY_S = 10
"""Seconds by which the issuer's clock may differ."""

MAX_TOKEN_LENGTH = 8_192
MAX_CACHED_TOKENS = 10_000
KEY_RELOAD_INTERVAL_S = 5.0
"""Seconds between two checks of the folder of keys."""

MIN_RSA_BITS = 2_048


class KeysError(StartError):
    """The folder of keys cannot be used. One line, with the remedy."""


class VerificationKey(NamedTuple):
    """A public key, and the only algorithm accepted with it."""

    public: EllipticCurvePublicKey | RSAPublicKey
    algorithm: str


class VerifiedToken(NamedTuple):
    """The caller of a verified token, and the time until which it is valid."""

    caller: Caller
    until: float


@dataclass(frozen=True, slots=True)
class ExpectedClaims:
    """Claims that every token must have."""

    issuer: str
    audience: str


class TokenVerifier:
    """Verifies tokens with the public keys in a folder, each in a file `KID.pem`.

    To rotate keys, add and remove files: a change takes effect within seconds.
    """

    def __init__(
        self,
        folder: Path,
        expected: ExpectedClaims,
        clock: Callable[[], float] = time.time,
        roles: Roles = ROLES,
    ) -> None:
        self._folder = folder
        self._roles = roles
        self._expected = expected
        self._clock = clock
        self._verified: OrderedDict[bytes, VerifiedToken] = OrderedDict()
        self._stamp = modification_stamp(folder)
        self._checked = clock()
        self._keys = read_keys(folder)

    def verify(self, token: bytes) -> Caller:
        """Return the caller that a token names.

        Raises:
            BadTokenError: the token is not valid; it has the reason.
        """
        now = self._clock()
        if abs(now - self._checked) > KEY_RELOAD_INTERVAL_S:
            self._reload_keys(now)
        digest = hashlib.sha256(token).digest()
        verified = self._verified.get(digest)
        if verified is None or verified.until < now:
            verified = self._cache(digest, self._verify(token, now))
        return verified.caller

    def _cache(self, digest: bytes, verified: VerifiedToken) -> VerifiedToken:
        self._verified[digest] = verified
        self._verified.move_to_end(digest)
        if len(self._verified) > MAX_CACHED_TOKENS:
            self._verified.popitem(last=False)
        return verified

    def _reload_keys(self, now: float) -> None:
        """Read the keys again if the files changed; keep the old keys if the new are unusable."""
        self._checked = now
        if (stamp := modification_stamp(self._folder)) == self._stamp:
            return
        self._stamp = stamp
        try:
            self._keys = read_keys(self._folder)
        except KeysError as error:
            log.error("keys.unreadable", why=str(error))  # noqa: TRY400  it is no bug
        self._verified.clear()

    def _verify(self, token: bytes, now: float) -> VerifiedToken:
        key = self._key_of(token)
        try:
            claims = jwt.decode(
                token,
                key.public,
                algorithms=[key.algorithm],
                issuer=self._expected.issuer,
                audience=self._expected.audience,
                leeway=LEEWAY_S,
                options={"require": REQUIRED_CLAIMS, "verify_exp": False},
            )
        except jwt.InvalidTokenError as error:
            raise BadTokenError(rejection_reason(error)) from error
        return VerifiedToken(caller_of(claims, self._roles), checked_expiry(claims, now))

    def _key_of(self, token: bytes) -> VerificationKey:
        if len(token) > MAX_TOKEN_LENGTH:
            message = "it is too long"
            raise BadTokenError(message)
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.InvalidTokenError, RecursionError) as error:
            message = "it is not a JSON Web Token"
            raise BadTokenError(message) from error
        if str(header.get("typ")).lower() not in TOKEN_TYPES:
            message = "it is not an access token (typ at+jwt)"
            raise BadTokenError(message)
        key = self._keys.get(str(header.get("kid")))
        if key is None:
            message = "it is signed with an unknown key"
            raise BadTokenError(message)
        return key


def checked_expiry(claims: dict[str, Any], now: float) -> float:
    """Return the time until which verified claims are valid, the leeway included.

    Raises:
        BadTokenError: they have expired.
    """
    end = claims["exp"]
    if not isinstance(end, int | float):
        message = "its exp is not a number"
        raise BadTokenError(message)
    if end + LEEWAY_S < now:
        message = "it has expired"
        raise BadTokenError(message)
    return end + LEEWAY_S


def caller_of(claims: dict[str, Any], roles: Roles = ROLES) -> Caller:
    """Return the caller that verified claims name.

    A token without `sub` names a client only, which then is the actor. `scope` narrows the
    role's scopes; `areas` are those of a crew.

    Raises:
        BadTokenError: the role is unknown, or a name is not text.
    """
    sub = claims.get("sub", claims["client_id"])
    if not all(
        map(is_printable_name, (claims["client_id"], claims["tenant"], claims["role"], sub))
    ):
        message = "client_id, sub, tenant or role in it is not a name"
        raise BadTokenError(message)
    role = roles.get(claims["role"])
    if role is None:
        message = "its role is unknown"
        raise BadTokenError(message)
    scope, areas = claims.get("scope"), claims.get("areas")
    return Caller(
        client=claims["client_id"],
        tenant=claims["tenant"],
        role=claims["role"],
        scopes=role.scopes if scope is None else role.scopes.intersection(str(scope).split()),
        sub=sub,
        limits=role.limits,
        areas=role.limits.areas if areas is None else frozenset(str(areas).split()),
    )


def is_printable_name(value: object) -> bool:
    """Tell whether a claim may be stored and logged: printable text of 1 to 100 characters."""
    return isinstance(value, str) and 0 < len(value) <= 100 and value.isprintable()  # noqa: PLR2004


def rejection_reason(error: jwt.InvalidTokenError) -> str:
    """Return why a token was rejected, without any text of the token."""
    match error:
        case jwt.ImmatureSignatureError():
            return "it is not valid yet"
        case jwt.InvalidIssuerError():
            return "its issuer is not trusted"
        case jwt.InvalidAudienceError():
            return "it is for another audience"
        case jwt.MissingRequiredClaimError():
            return f"it lacks the claim {error.claim}"
        case _:
            return "its signature or form is wrong"


def read_keys(folder: Path) -> dict[str, VerificationKey]:
    """Return the public keys in a folder, by their ids.

    Raises:
        KeysError: there is none, or one that cannot be used.
    """
    keys = {path.stem: read_key(path) for path in sorted(folder.glob("*.pem"))}
    if not keys:
        message = (
            f"KAITONG_AUTH_KEYS: {folder} holds no public key (KID.pem): put your issuer's there, "
            "or run ./kaitong up, which makes development keys"
        )
        raise KeysError(message)
    return keys


def read_key(path: Path) -> VerificationKey:
    """Return one public key.

    Raises:
        KeysError: it is unreadable, or of an unsupported kind.
    """
    try:
        public = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        message = f"KAITONG_AUTH_KEYS: {path} cannot be read as a public key: put one in PEM there"
        raise KeysError(message) from error
    if isinstance(public, EllipticCurvePublicKey) and isinstance(public.curve, SECP256R1):
        return VerificationKey(public, "ES256")
    if isinstance(public, RSAPublicKey) and public.key_size >= MIN_RSA_BITS:
        return VerificationKey(public, "RS256")
    message = (
        f"KAITONG_AUTH_KEYS: {path} is neither on the curve P-256 nor RSA with {MIN_RSA_BITS} bits "
        "or more: use such a key"
    )
    raise KeysError(message)


def modification_stamp(folder: Path) -> tuple[tuple[str, int], ...]:
    """Return names and modification times of the key files: they differ after a change."""
    return tuple((path.name, path.stat().st_mtime_ns) for path in sorted(folder.glob("*.pem")))
