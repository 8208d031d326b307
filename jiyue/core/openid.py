"""Asking an OpenID Connect provider who somebody is: authorization code with PKCE.

Knows neither staff nor citizens: it returns who the provider says it was.

Source: OpenID Connect Core 1.0; RFC 6749, 7636, 9207 (SEC-09; NB 26 统一身份认证).
"""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from django.utils.translation import gettext_lazy as _
from joserfc import jwt
from joserfc.errors import ClaimError, JoseError
from joserfc.jwk import KeySet

from jiyue.core import clock
from jiyue.core.errors import DomainError, Text
from jiyue.core.small_answers import AnswerRefused, get_json, post_json

# What providers sign with; never `none`, never a shared secret.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
LEEWAY_SECONDS = 60  # clocks of two organizations differ by less
METADATA_SECONDS = 600  # how long a provider's addresses and keys are believed
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint")


class ProviderRefused(DomainError):
    """The provider can't be asked, or its answer can't be believed."""

    code = "provider_refused"


@dataclass(frozen=True)
class ProviderSettings:
    """One provider as the installation knows it.

    Attributes:
        key: Short name in addresses.
        label: What people read on the button.
        issuer: Its identifier, an HTTPS address (HTTP only on loopback).
        client_id: Our name there.
        client_secret: Our secret; blank for a public client.
        scopes: What is asked for.
        trusted_amr: Methods that count as a second factor, if it asserts one of them.
        trusted_acr: Levels that count as both factors, if it asserts one of them.
    """

    key: str
    label: str
    issuer: str
    client_id: str
    client_secret: str = ""
    scopes: tuple[str, ...] = ("openid", "profile")
    trusted_amr: tuple[str, ...] = ()
    trusted_acr: tuple[str, ...] = ()


@dataclass(frozen=True)
class Attempt:
    """What we have to remember until the person comes back; stays in their session."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Identity:
    """Who the provider says somebody is.

    Attributes:
        issuer: The provider.
        subject: The person there.
        name: What to call them on a confirmation page.
        has_both_factors: The provider is trusted with both factors and says it asked for them.
        id_token: Proof, needed for signing out there.
    """

    issuer: str
    subject: str
    name: str
    has_both_factors: bool
    id_token: str


@dataclass
class _Known:
    metadata: Mapping[str, Any] = field(default_factory=dict)
    keys: Mapping[str, Any] = field(default_factory=dict)
    until: float = 0.0


class OpenIDProvider:
    """Talks to one provider; its addresses and keys are kept for ten minutes."""

    def __init__(self, settings: ProviderSettings):
        self.settings = settings
        self._known = _Known()

    def start(self, redirect_uri: str) -> tuple[str, Attempt]:
        """Return the address to send the person to, and what to remember.

        Raises:
            ProviderRefused: The provider is down or its description can't be used.
        """
        attempt = Attempt(*(secrets.token_urlsafe(32) for _number in range(3)))
        query = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self.settings.scopes),
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": create_s256_code_challenge(attempt.verifier),
            "code_challenge_method": "S256",
        }
        endpoint = str(self._metadata()["authorization_endpoint"])
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}", attempt

    def finish(self, attempt: Attempt, answer: Mapping[str, str], redirect_uri: str) -> Identity:
        """Exchange the code the person brings back, and believe the token only if all of it fits.

        Args:
            attempt: What `start` gave to remember; used once.
            answer: Parameters of the redirect.
            redirect_uri: The same as at the start.

        Raises:
            ProviderRefused: State, issuer, signature, audience, nonce or time don't fit,
                the person was refused there, or the provider is down.
        """
        self._check_answer(attempt, answer)
        tokens = self._exchange(attempt, answer["code"], redirect_uri)
        id_token = tokens.get("id_token")
        if not isinstance(id_token, str):
            raise _untrue("no_token")
        claims = self._read(id_token, attempt, str(tokens.get("access_token", "")))
        return Identity(
            issuer=self.settings.issuer,
            subject=str(claims["sub"]),
            name=str(claims.get("name") or claims.get("preferred_username") or claims["sub"])[:60],
            has_both_factors=self._has_both_factors(claims),
            id_token=id_token,
        )

    def sign_out_address(self, id_token: str, back_to: str) -> str:
        """Address at which the person signs out of the provider too; blank where it has none.

        Raises:
            ProviderRefused: The provider is down.
        """
        endpoint = str(self._metadata().get("end_session_endpoint") or "")
        query = {"id_token_hint": id_token, "post_logout_redirect_uri": back_to}
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}" if endpoint else ""

    def _check_answer(self, attempt: Attempt, answer: Mapping[str, str]) -> None:
        if not secrets.compare_digest(answer.get("state", "").encode(), attempt.state.encode()):
            raise _untrue("wrong_state")
        if answer.get("iss", self.settings.issuer) != self.settings.issuer:
            raise _untrue("wrong_issuer")
        if answer.get("error") or not answer.get("code"):
            raise ProviderRefused(
                _("The unified sign-in of %(provider)s didn't let you in.")
                % {"provider": self.settings.label},
                fix=_("Try again, or sign in with login name and password."),
                code="denied",
            )

    def _exchange(self, attempt: Attempt, code: str, redirect_uri: str) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": attempt.verifier,
        }
        methods = self._metadata().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        login = None
        if not self.settings.client_secret:
            form["client_id"] = self.settings.client_id
        elif "client_secret_basic" in methods:
            login = (quote(self.settings.client_id, safe=""), quote(self.settings.client_secret, safe=""))
        else:
            form |= {"client_id": self.settings.client_id, "client_secret": self.settings.client_secret}
        try:
            return post_json(str(self._metadata()["token_endpoint"]), form, login=login)
        except AnswerRefused as failure:
            raise self._down(failure) from failure

    def _read(self, id_token: str, attempt: Attempt, access_token: str) -> CodeIDToken:
        token = self._verify(id_token)
        claims = CodeIDToken(
            token.claims,
            token.header,
            options={"iss": {"value": self.settings.issuer}, "aud": {"value": self.settings.client_id}},
            params={
                "nonce": attempt.nonce,
                "client_id": self.settings.client_id,
                "access_token": access_token,
            },
        )
        try:
            claims.validate(now=int(clock.now().timestamp()), leeway=LEEWAY_SECONDS)
        except ClaimError as error:
            raise _untrue(f"token_{error.claim}") from error
        except (JoseError, TypeError, ValueError) as error:
            raise _untrue("token_unreadable") from error
        if not isinstance(claims.get("sub"), str) or not claims["sub"]:
            raise _untrue("token_sub")
        return claims

    def _verify(self, id_token: str) -> jwt.Token:
        """Check the signature; a key we don't know yet makes us fetch the keys once more."""
        for is_last in (False, True):
            self._metadata()
            try:
                return jwt.decode(id_token, KeySet.import_key_set(self._known.keys), algorithms=ALGORITHMS)  # type: ignore[arg-type]  # what the provider sent
            except (JoseError, ValueError, TypeError, KeyError) as error:
                if is_last:
                    raise _untrue("token_signature") from error
                self._known.until = 0.0
        raise AssertionError  # the loop returns or raises

    def _metadata(self) -> Mapping[str, Any]:
        if time.monotonic() >= self._known.until:
            self._known = self._discover()
        return self._known.metadata

    def _discover(self) -> _Known:
        issuer = self.settings.issuer
        self._check_address(issuer)
        try:
            metadata = get_json(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if metadata.get("issuer") != issuer:
                raise _untrue("wrong_issuer")
            for name in _ENDPOINTS:
                if name in metadata or name != "end_session_endpoint":
                    self._check_address(str(metadata.get(name, "")))
            keys = get_json(str(metadata["jwks_uri"]))
        except AnswerRefused as failure:
            raise self._down(failure) from failure
        return _Known(metadata, keys, time.monotonic() + METADATA_SECONDS)

    def _check_address(self, address: str) -> None:
        """HTTPS everywhere; plain HTTP only where issuer and address both lie on this machine."""
        parts, issuer = urlsplit(address), urlsplit(self.settings.issuer)
        is_local = parts.hostname in _LOOPBACK and issuer.hostname in _LOOPBACK
        if parts.scheme != "https" and not (parts.scheme == "http" and is_local):
            raise _untrue("insecure_address")

    def _has_both_factors(self, claims: CodeIDToken) -> bool:
        methods = claims.get("amr") or []
        return claims.get("acr") in self.settings.trusted_acr or any(
            method in self.settings.trusted_amr for method in methods
        )

    def _down(self, failure: AnswerRefused) -> ProviderRefused:
        message: Text = _("The unified sign-in of %(provider)s doesn't answer as it should.")
        return ProviderRefused(
            message % {"provider": self.settings.label},
            fix=_("Sign in with login name and password, or try again later."),
            code=f"provider_{failure.code}",
        )


def _untrue(code: str) -> ProviderRefused:
    return ProviderRefused(
        _("The answer of the unified sign-in can't be believed, so nothing was opened (%(code)s).")
        % {"code": code},
        fix=_("Start again from the sign-in page; if it happens again, tell the platform manager."),
        code=code,
    )
