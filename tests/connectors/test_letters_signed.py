"""Letters that are signed as a whole are read; what is encrypted is told with what to do."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import (
    PKCS7EnvelopeBuilder,
    PKCS7Options,
    PKCS7SignatureBuilder,
)
from hypothesis import given
from hypothesis import strategies as st

from connectors.letters.signed import signed_content
from graph.records import RejectionReason
from tests.connectors.envelopes import opaque, pieces
from tests.connectors.letterbox import draft, names, refusal

if TYPE_CHECKING:
    pass

WORDS: Final = "小区门口的路灯坏了半个月，请派人来修理。"
ENTITY: Final = (
    f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{WORDS}\r\n姓名：张三"
).encode()


@pytest.fixture(scope="module")
def signer() -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
    """Somebody with a key and a certificate of their own."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    begin = datetime(2021, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin + timedelta(days=9_000))
    return builder.sign(key, SHA256()), key


def mail(content: bytes, kind: str, name: str = "smime.p7m") -> bytes:
    """Return a mail that is one sealed part."""
    head = (
        "Message-ID: <1@t.example>\r\nDate: Fri, 05 Mar 2021 09:00:00 +0800\r\nFrom: zhang@t.example\r\n"
        "Subject: =?utf-8?B?6Lev54Gv?=\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: {kind}; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    )
    return head.encode() + base64.encodebytes(content)


def signed(signer: tuple[x509.Certificate, rsa.RSAPrivateKey], *options: PKCS7Options) -> bytes:
    """Sign the letter."""
    certificate, key = signer
    builder = PKCS7SignatureBuilder().set_data(ENTITY).add_signer(certificate, key, SHA256())
    return builder.sign(Encoding.DER, [PKCS7Options.Binary, *options])


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("application/pkcs7-mime; smime-type=signed-data", "smime.p7m"),
        ("application/x-pkcs7-mime", "smime.p7m"),
        ("application/octet-stream", "smime.p7m"),
    ],
)
def test_a_letter_within_its_signature_is_read(
    kind: str, name: str, signer: tuple[x509.Certificate, rsa.RSAPrivateKey]
) -> None:
    """It is no secret: everybody's mail program shows it."""
    found = draft(mail(signed(signer), kind, name), "a.eml")
    assert (found.title, found.text, names(found)) == ("路灯", WORDS, ["张三"])


def test_a_letter_beside_its_signature_is_read(signer: tuple[x509.Certificate, rsa.RSAPrivateKey]) -> None:
    """The signature is kept as a file."""
    signature = base64.encodebytes(signed(signer, PKCS7Options.DetachedSignature))
    content = (
        b"From: zhang@t.example\r\nSubject: x\r\nContent-Type: multipart/signed; boundary=X\r\n\r\n"
        b"--X\r\n" + ENTITY + b"\r\n--X\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + signature + b"\r\n--X--\r\n"
    )
    found = draft(content, "a.eml")
    assert (found.text, [document.name for document in found.documents]) == (WORDS, ["smime.p7s"])


def test_an_encrypted_letter_is_told(signer: tuple[x509.Certificate, rsa.RSAPrivateKey]) -> None:
    """Nobody here has its key."""
    builder = PKCS7EnvelopeBuilder().set_data(ENTITY).add_recipient(signer[0])
    found = refusal(mail(builder.encrypt(Encoding.DER, [PKCS7Options.Binary]), "application/pkcs7-mime"), "a.eml")
    assert found.reason is RejectionReason.ENCRYPTED
    assert "forward its text" in found.message


@given(st.lists(st.binary(max_size=300), max_size=5), st.booleans())
def test_what_was_signed_is_whole_in_however_many_pieces(parts: list[bytes], endless: bool) -> None:
    """Programs write it piece by piece, with lengths or with marks at the ends."""
    assert signed_content(opaque(pieces(parts), endless=endless)) == b"".join(parts)


@given(st.data())
def test_no_damage_to_a_signature_makes_reading_raise(data: st.DataObject) -> None:
    """Whatever stands there is content or none."""
    content = bytearray(opaque(pieces([b"abc", b"defg"]), endless=True))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    found = signed_content(bytes(content[: data.draw(st.integers(0, len(content)))]))
    assert found is None or isinstance(found, bytes)
