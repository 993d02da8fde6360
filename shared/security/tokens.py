"""Reading a caller from a bearer token (JWT as RFC 9068 profiles it).

Verifying a signature costs a tenth of a millisecond, so a token that was found good
is remembered until it expires, or until the keys change.
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
"""Seconds by which clocks may differ."""

MAX_TOKEN_LENGTH = 8_192
MAX_CACHED_TOKENS = 10_000
KEY_RELOAD_INTERVAL_S = 5.0
"""Seconds between two looks at the folder of keys."""

MIN_RSA_BITS = 2_048


class KeysError(StartError):
    """The folder of keys is of no use. One line, with the remedy."""


class VerificationKey(NamedTuple):
    """A public key, and the one algorithm it is good for."""

    public: EllipticCurvePublicKey | RSAPublicKey
    algorithm: str


class VerifiedToken(NamedTuple):
    """A token that was found good, and until when it is."""

    caller: Caller
    until: float


@dataclass(frozen=True, slots=True)
class ExpectedClaims:
    """What a token must say of itself."""

    issuer: str
    audience: str


class TokenVerifier:
    """Turns tokens into callers, by the public keys in a folder: `KID.pem` each.

    A key that is added counts within seconds, and a key that is taken away no longer
    does: that is how keys are rotated.
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
        """Return who presents the token.

        Raises:
            BadTokenError: the token does not count, and why.
        """
        now = self._clock()
        if abs(now - self._checked) > KEY_RELOAD_INTERVAL_S:
            self._reload_keys(now)
        name = hashlib.sha256(token).digest()
        good = self._verified.get(name)
        if good is None or good.until < now:
            good = self._cache(name, self._verify(token, now))
        return good.caller

    def _cache(self, name: bytes, good: VerifiedToken) -> VerifiedToken:
        self._verified[name] = good
        self._verified.move_to_end(name)
        if len(self._verified) > MAX_CACHED_TOKENS:
            self._verified.popitem(last=False)
        return good

    def _reload_keys(self, now: float) -> None:
        """Read the keys again if somebody touched them; keep the old ones if they are no good."""
        self._checked = now
        if (stamp := modification_stamp(self._folder)) == self._stamp:
            return
        self._stamp = stamp
        try:
            self._keys = read_keys(self._folder)
        except KeysError as error:
            log.error("keys.unreadable", why=str(error))  # noqa: TRY400  it is no bug of ours
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
        return VerifiedToken(caller_of(claims, self._roles), expiry_of(claims, now))

    def _key_of(self, token: bytes) -> VerificationKey:
        if len(token) > MAX_TOKEN_LENGTH:
            message = "it is too long"
            raise BadTokenError(message)
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.InvalidTokenError, RecursionError) as error:
            message = "it is no JSON Web Token"
            raise BadTokenError(message) from error
        if str(header.get("typ")).lower() not in TOKEN_TYPES:
            message = "it is no access token (typ at+jwt)"
            raise BadTokenError(message)
        key = self._keys.get(str(header.get("kid")))
        if key is None:
            message = "it is signed with a key that is unknown here"
            raise BadTokenError(message)
        return key


def expiry_of(claims: dict[str, Any], now: float) -> float:
    """Return until when verified claims count.

    Raises:
        BadTokenError: they do not any more.
    """
    end = claims["exp"]
    if not isinstance(end, int | float):
        message = "its exp is no number"
        raise BadTokenError(message)
    if end + LEEWAY_S < now:
        message = "it has expired"
        raise BadTokenError(message)
    return end + LEEWAY_S


def caller_of(claims: dict[str, Any], roles: Roles = ROLES) -> Caller:
    """Return whom verified claims are about.

    A token without `sub` names a client alone, which then acts itself. `scope` narrows
    what the role may do, `areas` says where a crew works.

    Raises:
        BadTokenError: they name no role of ours, or are not text.
    """
    sub = claims.get("sub", claims["client_id"])
    if not all(map(is_name, (claims["client_id"], claims["tenant"], claims["role"], sub))):
        message = "client_id, sub, tenant or role in it is not a name"
        raise BadTokenError(message)
    role = roles.get(claims["role"])
    if role is None:
        message = "its role is unknown"
        raise BadTokenError(message)
    asked, areas = claims.get("scope"), claims.get("areas")
    return Caller(
        client=claims["client_id"],
        tenant=claims["tenant"],
        role=claims["role"],
        scopes=role.scopes if asked is None else role.scopes.intersection(str(asked).split()),
        sub=sub,
        limits=role.limits,
        areas=role.limits.areas if areas is None else frozenset(str(areas).split()),
    )


def is_name(value: object) -> bool:
    """Tell whether a claim may be stored and logged: printable text of sensible length."""
    return isinstance(value, str) and 0 < len(value) <= 100 and value.isprintable()  # noqa: PLR2004


def rejection_reason(error: jwt.InvalidTokenError) -> str:
    """Say what is wrong with a token, in words that hold nothing of it."""
    match error:
        case jwt.ImmatureSignatureError():
            return "it is not valid yet"
        case jwt.InvalidIssuerError():
            return "its issuer is not the one trusted here"
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
            "or run ./kaitong up, which makes keys for development"
        )
        raise KeysError(message)
    return keys


def read_key(path: Path) -> VerificationKey:
    """Return one public key.

    Raises:
        KeysError: it is none that we take.
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
        f"KAITONG_AUTH_KEYS: {path} is neither of the curve P-256 nor RSA with {MIN_RSA_BITS} bits "
        "or more: use such a key"
    )
    raise KeysError(message)


def modification_stamp(folder: Path) -> tuple[tuple[str, int], ...]:
    """Return what changes when somebody changes the keys."""
    return tuple((path.name, path.stat().st_mtime_ns) for path in sorted(folder.glob("*.pem")))
