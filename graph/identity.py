"""What is known of a person, held twice: masked in clear, and sealed under a key that can be destroyed.

One seam: nothing else imports `cryptography`. Sealing is AES-256-GCM (NIST SP 800-38D) under a data key per subject,
which a key derived from a master key wraps (`graph/keyring.py` says which). Equality and digests are keyed BLAKE2b
(RFC 7693, a MAC by itself, and six times as fast here as HMAC-SHA256) under other derived keys, since a plain digest of
a phone number is found by trying all. Opaque cursors are sealed here as well.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from graph import keyring
from graph.errors import InvalidError, MasterKeyError
from graph.keyring import KEY_BYTES, Keyring, derive
from graph.text.nfkc import nfkc
from wording import Wording

if TYPE_CHECKING:
    from pathlib import Path

NONCE_BYTES: Final = 12
HASH_BYTES: Final = 16
"""128 bits of a keyed hash are plenty for equality, and half the index."""
DIGEST_BYTES: Final = 32


class DataKey:
    """The key of one subject: seals its values and signs their digests. Destroying `wrapped` erases them all."""

    __slots__ = ("_cipher", "_secret", "wrapped")

    def __init__(self, secret: bytes, wrapped: bytes) -> None:
        self._secret = secret
        self._cipher = AESGCM(secret)
        self.wrapped = wrapped

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """Encrypt for the subject whose id is `context`; a value moved to another subject will not open."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Decrypt what `seal` made; raise MasterKeyError where it was tampered with."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)
        except InvalidTag:
            raise MasterKeyError(
                Wording("A sealed value does not open: it was changed, or belongs elsewhere.")
            ) from None

    def digest(self, content: bytes) -> bytes:
        """Sign content so that only who holds this key can tell what it was (32 bytes)."""
        return hashlib.blake2b(content, key=self._secret, digest_size=DIGEST_BYTES).digest()


class Vault:
    """Everything that needs the master key. What was loaded from a file follows that file when a key is rotated."""

    def __init__(self, ring: Keyring | bytes, path: Path | None = None) -> None:
        """Take a ring, or the one key of an instance that never rotated; `path` is where the ring was read."""
        self._path, self._stamp = path, _stamp(path)
        self._hold(Keyring.of(ring) if isinstance(ring, bytes) else ring)
        self._equality = self.ring.root["equality"]
        self._digests = self.ring.root["digests"]
        self._cursors = AESGCM(self.ring.root["cursors"])
        self._sessions = AESGCM(self.ring.root["sessions"])

    @classmethod
    def load(cls, path: Path) -> Vault:
        """Read the keys of `path`; make one at the first start, readable by its owner alone."""
        return cls(keyring.load(path), path)

    def _hold(self, ring: Keyring) -> None:
        self.ring = ring
        self._wrapping = {number: AESGCM(derive(key, "wrapping")) for number, key in ring.keys.items()}

    def refresh(self) -> None:
        """Take up a rotation that another process has made since; nothing happens where there was none."""
        stamp = _stamp(self._path)
        if self._path is not None and stamp is not None and stamp != self._stamp:
            self._hold(keyring.load(self._path))
            self._stamp = stamp

    def new_key(self) -> DataKey:
        """Make a data key for a new subject."""
        # A look at the file costs a microsecond; a key that was retired meanwhile would cost the subject.
        self.refresh()
        secret = os.urandom(KEY_BYTES)
        return DataKey(secret, self._wrap(secret))

    def _wrap(self, secret: bytes) -> bytes:
        number, nonce = bytes([self.ring.current]), os.urandom(NONCE_BYTES)
        return number + nonce + self._wrapping[self.ring.current].encrypt(nonce, secret, number)

    def unwrap(self, wrapped: bytes) -> DataKey:
        """Return the data key that `wrapped` holds; raise MasterKeyError where no master key of the ring wrapped it."""
        return DataKey(self._unwrapped(wrapped), wrapped)

    def _unwrapped(self, wrapped: bytes) -> bytes:
        number, nonce, sealed = wrapped[:1], wrapped[1 : 1 + NONCE_BYTES], wrapped[1 + NONCE_BYTES :]
        if number and number[0] not in self._wrapping:
            self.refresh()
        try:
            return self._wrapping[number[0]].decrypt(nonce, sealed, number)
        except (InvalidTag, LookupError):
            raise MasterKeyError(Wording("This master key is not the one the data was sealed with.")) from None

    def rewrap(self, wrapped: bytes) -> bytes:
        """Return the same data key wrapped by the current master key; raise MasterKeyError as `unwrap` does."""
        return self._wrap(self._unwrapped(wrapped))

    def equality(self, kind: str, value: str) -> bytes:
        """Return the keyed hash by which equal values of one kind are found (16 bytes)."""
        return hashlib.blake2b(f"{kind}\0{value}".encode(), key=self._equality, digest_size=HASH_BYTES).digest()

    def digest(self, content: bytes) -> bytes:
        """Return the keyed digest by which equal contents are found (32 bytes)."""
        return hashlib.blake2b(content, key=self._digests, digest_size=DIGEST_BYTES).digest()

    def seal_cursor(self, scope: str, value: bytes) -> str:
        """Make an opaque cursor that only opens under the same scope."""
        return _sealed(self._cursors, scope, value)

    def open_cursor(self, scope: str, token: str) -> bytes:
        """Return what `seal_cursor` sealed; raise InvalidError for anything else."""
        found = _opened(self._cursors, scope, token)
        if found is None:
            raise InvalidError("after", Wording("This cursor is not one of ours. Use one as it was given, or none."))
        return found

    def seal_session(self, scope: str, value: bytes) -> str:
        """Seal what a browser keeps for us in a cookie; it only opens under the same scope."""
        return _sealed(self._sessions, scope, value)

    def open_session(self, scope: str, token: str) -> bytes | None:
        """Return what `seal_session` sealed, None for anything else."""
        return _opened(self._sessions, scope, token)


def _sealed(cipher: AESGCM, scope: str, value: bytes) -> str:
    nonce = os.urandom(NONCE_BYTES)
    return base64.urlsafe_b64encode(nonce + cipher.encrypt(nonce, value, scope.encode())).decode().rstrip("=")


def _opened(cipher: AESGCM, scope: str, token: str) -> bytes | None:
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        return cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], scope.encode())
    except (ValueError, InvalidTag):
        return None


def _stamp(path: Path | None) -> tuple[int, int] | None:
    """Return what changes when a key file is replaced, None where there is none."""
    if path is None:
        return None
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


# Normal forms: what counts as equal -------------------------------------------------------------------------------

_BLANKS = re.compile(r"\s+")
_NOT_DIGITS = re.compile(r"\D+")
_MOBILE = re.compile(r"1[3-9]\d{9}\Z")
_LANDLINE = re.compile(r"0?\d{7,12}\Z")
_IDENTITY = re.compile(r"\d{17}[\dX]\Z")
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK: Final = "10X98765432"


def normal_name(name: str) -> str:
    """Return the form in which equal names are equal: NFKC, no blanks, one case."""
    plain = _BLANKS.sub("", nfkc(name))
    # Folding can undo what NFKC composed, and blanks can have kept apart what it composes now.
    return nfkc(nfkc(plain).casefold())


def normal_phone(phone: str) -> str | None:
    """Return the digits of a telephone number without the country's prefix, None where it is none."""
    digits = _NOT_DIGITS.sub("", nfkc(phone))
    digits = re.sub(r"\A(?:00)?86(?=1\d{10}\Z)", "", digits)
    if _MOBILE.match(digits) or (_LANDLINE.match(digits) and len(set(digits)) > 2):
        return digits
    return None


def normal_account(source: str, account: str) -> str:
    """Return the form in which a user name of one source equals itself: its users type it in either case."""
    return f"{source}/{account.casefold()}"


def normal_identity(number: str) -> str | None:
    """Return an identity number with a right check digit (GB 11643, ISO 7064 MOD 11-2), None where it has none."""
    number = _BLANKS.sub("", nfkc(number)).upper()
    return number if _IDENTITY.match(number) and identity_check(number) == number[17] else None


def identity_check(number: str) -> str:
    """Return the check digit of an identity number's first 17 digits (ISO 7064 MOD 11-2)."""
    return _CHECK[sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, number, strict=False)) % 11]


# Masks: what everybody may see ------------------------------------------------------------------------------------

_DIVISION_PART = re.compile(
    r"\A(?:.{2,7}?(?:省|自治区))?(?:.{1,8}?(?:市|自治州|地区|盟))?(?:.{1,8}?(?:(?<![小园社校厂])区|县|旗|市))?"
)


def mask_name(name: str) -> str:
    """张三丰 → 张**; the length of longer names is not told."""
    return name[:1] + "*" * min(max(len(name) - 1, 1), 2)


def mask_phone(phone: str) -> str:
    """13812341234 → 138****1234; short numbers keep their last two digits."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else "****" + phone[-2:]


def mask_identity(number: str) -> str:
    """Show the province's two digits and the last two."""
    return f"{number[:2]}**************{number[-2:]}" if len(number) >= 15 else "****"


def mask_card(number: str) -> str:
    """Show a bank card's first and last four digits, as slips do."""
    return f"{number[:4]}****{number[-4:]}"


def mask_address(address: str) -> str:
    """Keep an address down to its county; nothing where that is not found."""
    match = _DIVISION_PART.match(address)
    return f"{match[0] if match else ''}***"


def mask_account(account: str) -> str:
    """Keep the first two characters of a user name."""
    return account[:2] + "***"


def mask_email(email: str) -> str:
    """Keep the first character and the domain."""
    local, _, domain = email.partition("@")
    return f"{local[:1]}***@{domain}" if domain else "***"
