"""Providers of the unified sign-in, as the environment names them."""

from django.core.exceptions import ImproperlyConfigured

from jiyue.config import env
from jiyue.core.openid import ProviderSettings


def read_providers() -> list[ProviderSettings]:
    """Read `JIYUE_OIDC_PROVIDERS` and, for each short name in it, the settings named after it.

    Raises:
        ImproperlyConfigured: A short name can't stand in an address, or a provider
            lacks its issuer or our name there.
    """
    providers = [_read(key) for key in env.read_list("JIYUE_OIDC_PROVIDERS")]
    if len({provider.key for provider in providers}) < len(providers):
        raise ImproperlyConfigured("JIYUE_OIDC_PROVIDERS names a provider twice.")
    if len({provider.issuer for provider in providers}) < len(providers):
        raise ImproperlyConfigured("Two providers of JIYUE_OIDC_PROVIDERS have the same issuer.")
    return providers


def _read(key: str) -> ProviderSettings:
    if not (key.isascii() and key.isalnum() and key == key.lower()):
        raise ImproperlyConfigured(f"JIYUE_OIDC_PROVIDERS: {key!r} must be lower-case letters and digits.")
    prefix = f"JIYUE_OIDC_{key.upper()}"
    scopes = env.read_list(f"{prefix}_SCOPES", "openid,profile")
    if "openid" not in scopes:
        raise ImproperlyConfigured(f"{prefix}_SCOPES must contain openid.")
    return ProviderSettings(
        key=key,
        label=env.read_text(f"{prefix}_LABEL", key),
        issuer=env.read_text(f"{prefix}_ISSUER"),
        client_id=env.read_text(f"{prefix}_CLIENT_ID"),
        client_secret=env.read_secret(f"{prefix}_CLIENT_SECRET", ""),
        scopes=tuple(scopes),
        trusted_amr=tuple(env.read_list(f"{prefix}_TRUSTED_AMR")),
        trusted_acr=tuple(env.read_list(f"{prefix}_TRUSTED_ACR")),
    )
