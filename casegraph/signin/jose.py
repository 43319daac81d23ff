"""The one seam to JOSE: what a signed token says, once its signature was checked against keys that are trusted.

JSON Web Tokens are RFC 7519, their signatures RFC 7515, keys RFC 7517; what can go wrong with them is RFC 8725. Nothing
else imports joserfc. Algorithms come from a list of asymmetric ones, so that neither `none` nor a public key taken for
a shared secret (HS256) is ever tried; keys come from the caller alone, whatever a token's header names (`jku`, `jwk`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from joserfc import jwt
from joserfc.errors import BadSignatureError, JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry, extract_compact

from casegraph.signin.errors import TokenError
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ALGORITHMS: Final = frozenset(
    {
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
    }
)  # fmt: skip
TYPES: Final = frozenset({"at+jwt", "application/at+jwt", "jwt"})
"""What the header may say that a token is (RFC 9068; most providers still say JWT). A token made for something else,
such as a logout, is none to sign in by."""
LONGEST: Final = 16_384
"""Characters of a token: more than any provider writes, and little to parse."""
SMALLEST_RSA: Final = 2048
"""Bits (RFC 7518, 3.3)."""
SIGNING: Final = "Ed25519"

Key = RSAKey | ECKey | OKPKey


class _Registry(JWSRegistry):
    """Takes our algorithms alone, EdDSA without a warning: RFC 9864 renames it, and most providers have yet to."""

    max_header_length = 4_096  # some providers put a certificate's chain there
    max_payload_length = LONGEST

    def get_alg(self, name: str) -> Any:
        if name not in ALGORITHMS:
            raise TokenError(
                Wording("The token is not signed by an algorithm that is taken. Sign by RS256, ES256 or EdDSA.")
            )
        return self.algorithms[name]


_REGISTRY: Final = _Registry(strict_check_header=False)


class UnknownKeyError(TokenError):
    """The token was signed by a key that is not known (yet)."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Public keys by which signatures are checked."""

    _keys: tuple[Key, ...]

    @classmethod
    def read(cls, document: object) -> Self:
        """Read a key set as a provider publishes it; keys of other uses and kinds are left out.

        Raises ValueError where it is none.
        """
        given = document.get("keys") if isinstance(document, dict) else None
        if not isinstance(given, list):
            raise ValueError("a key set needs a list `keys`")  # noqa: TRY004  # of JSON, so a wrong value
        return cls(tuple(key for one in given if isinstance(one, dict) for key in _read(one)))

    def find(self, kid: object, algorithm: str) -> Key:
        """Return the key that a header names, or the only one that fits; raise UnknownKeyError where there is none."""
        fitting = [key for key in self._keys if _fits(key, algorithm)]
        found = fitting if kid is None else [key for key in fitting if key.kid == kid]
        if len(found) != 1:
            raise UnknownKeyError(Wording("The token was signed by a key that is not known. Sign in again."))
        return found[0]


def _read(given: Mapping[str, Any]) -> Iterable[Key]:
    kinds: dict[object, type[Key]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
    kind = kinds.get(given.get("kty"))
    if kind is None or given.get("use", "sig") != "sig":
        return
    try:
        public = {name: value for name, value in given.items() if name not in {"d", "p", "q", "dp", "dq", "qi", "oth"}}
        key = kind.import_key(public)
    except (JoseError, ValueError, TypeError, KeyError):
        return
    if isinstance(key, RSAKey) and key.public_key.key_size < SMALLEST_RSA:
        return
    yield key


def _fits(key: Key, algorithm: str) -> bool:
    said = key.get("alg")
    if said is not None and said != algorithm and {said, algorithm} != {"EdDSA", "Ed25519"}:
        return False
    try:
        _REGISTRY.get_alg(algorithm).check_key(key)
    except JoseError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Header:
    """What a token says of its own signature, before anything of it is believed."""

    algorithm: str
    kid: object


def header_of(token: str) -> Header:
    """Return a token's header; raise TokenError where it is none that is taken."""
    if len(token) > LONGEST:
        raise TokenError(
            Wording(
                "The token has more than {longest} characters. Have the provider put less into it.", longest=LONGEST
            )
        )
    try:
        header = extract_compact(token.encode("ascii"), registry=_REGISTRY).headers()
        _REGISTRY.check_header(header)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise TokenError(Wording("This is no token that can be read. Send it as it was given.")) from None
    algorithm, kind = header.get("alg"), header.get("typ", "jwt")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise TokenError(
            Wording("The token is not signed by an algorithm that is taken. Sign by RS256, ES256 or EdDSA.")
        )
    if not isinstance(kind, str) or kind.lower() not in TYPES:
        raise TokenError(Wording("The token's header says that it is for something else. Send an access token."))
    return Header(algorithm, header.get("kid"))


def claims_of(token: str, keys: Keys) -> dict[str, Any]:
    """Return what a token says; raise UnknownKeyError or TokenError unless one of these keys signed it."""
    header = header_of(token)
    key = keys.find(header.kid, header.algorithm)
    try:
        return jwt.decode(token, key, registry=_REGISTRY).claims
    except BadSignatureError:
        raise TokenError(Wording("The token's signature is wrong. Sign in again.")) from None
    except (JoseError, ValueError, TypeError, RecursionError):
        raise TokenError(Wording("This is no token that can be read. Send it as it was given.")) from None


# Keys of our own ------------------------------------------------------------------------------------------------------


def new_key() -> dict[str, Any]:
    """Make a key pair that signs, as JSON has it (RFC 8037)."""
    key = OKPKey.generate_key(SIGNING, auto_kid=True)
    return dict(key.as_dict(private=True))


def public_of(pair: Mapping[str, Any]) -> Keys:
    """Return a pair's public half; raise ValueError where it is none."""
    return Keys.read({"keys": [dict(pair)]})


def signed(claims: Mapping[str, Any], pair: Mapping[str, Any]) -> str:
    """Return a token that says this; raise ValueError where the key is none that signs."""
    try:
        key = OKPKey.import_key(dict(pair))
        header = {"alg": SIGNING, "typ": "at+jwt", "kid": key.kid}
        return jwt.encode(header, dict(claims), key, registry=_REGISTRY)
    except JoseError:
        raise ValueError("this is no key that signs") from None
