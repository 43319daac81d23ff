"""Why somebody is not let in.

    SignInError
    ├── UnauthenticatedError   nobody is known to ask
    │   └── TokenError         what was shown to prove it is no good
    ├── AwayError              the provider does not answer
    └── LoginError             a sign-in in the browser did not come to its end

Messages name the claim or the part that is wrong and never its value: a token is somebody's, and so is what is in it.
"""

from __future__ import annotations

from typing import Final

from wording import WordedError, Wording

SIGN_IN: Final = Wording("Sign in: send `Authorization: Bearer …` with a token or an API key.")


class SignInError(WordedError):
    """Somebody is not let in."""


class UnauthenticatedError(SignInError):
    """Nobody is known to ask. Send a token, or sign in."""

    def __init__(self, wording: Wording = SIGN_IN) -> None:
        super().__init__(wording)


class TokenError(UnauthenticatedError):
    """A token, an API key or a session is no good. The message says why; get another."""


class AwayError(SignInError):
    """The OpenID provider cannot be reached or does not answer as it should. Try again later."""


class LoginError(SignInError):
    """A sign-in in the browser did not come to its end. Begin anew."""
