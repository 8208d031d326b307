"""Tags of the pages about sign-ins, and of the unified sign-in on the sign-in page."""

from datetime import datetime
from typing import Any

from django import template

from jiyue.backoffice import unified_identity
from jiyue.backoffice.templatetags.backoffice import moment
from jiyue.core.openid import ProviderSettings

register = template.Library()


@register.filter
def iso_moment(text: str) -> str:
    """A moment that evidence keeps as text."""
    return moment(datetime.fromisoformat(text)) if text else ""


@register.simple_tag
def unified_providers() -> list[ProviderSettings]:
    """Providers that the sign-in page offers."""
    return unified_identity.list_providers()


@register.simple_tag(takes_context=True)
def provider_sign_out(context: dict[str, Any]) -> str:
    """Address for signing out of the provider too; told once."""
    return unified_identity.pop_sign_out_address(context["request"])
