"""From where a request comes: address, network, browser and the browser's long-lived token."""

import secrets
from dataclasses import dataclass

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from jiyue.core import crypto
from jiyue.organizations.sign_ins.addresses import NetworkRefused, normal_address, place_of

DEVICE_COOKIE = "jiyue_device"
DEVICE_COOKIE_AGE = 400 * 24 * 3600  # seconds; the longest that browsers keep one
_TOKEN_BYTES = 24
_ATTRIBUTE = "_jiyue_device_token"
_BROWSERS = (
    ("MicroMessenger/", "WeChat"),
    ("QQBrowser/", "QQ"),
    ("360SE", "360"),
    ("QIHU", "360"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Mac OS X", "macOS"),
    ("Kylin", "Kylin"),
    ("UOS", "UOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class Origin:
    """From where somebody works.

    Attributes:
        address: Address in its one spelling; blank where it can't be read.
        network: The network it counts to when places are compared.
        device: SM3 of the browser's token.
        browser: Program and system in a few words.
    """

    address: str
    network: str
    device: str
    browser: str


def origin_of(request: HttpRequest) -> Origin:
    """Read from where a request comes; the address is the real one of a trusted proxy's word."""
    address = readable_address(str(request.META.get("REMOTE_ADDR", "")))
    return Origin(
        address=address,
        network=place_of(address),
        device=crypto.sm3_hex(_device_token(request).encode()),
        browser=browser_of(str(request.META.get("HTTP_USER_AGENT", ""))),
    )


def readable_address(text: str) -> str:
    """The address in its one spelling, or blank."""
    try:
        return normal_address(text)
    except NetworkRefused:
        return ""


def browser_of(user_agent: str) -> str:
    """Program and system, without version: the version changes every month, the device doesn't."""
    program = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return " / ".join(part for part in (program, system) if part)


def remember_device(request: HttpRequest, response: HttpResponseBase) -> None:
    """Give the browser its token, unless it has brought a valid one."""
    token = getattr(request, _ATTRIBUTE, "")
    if not token or _token_in_cookie(request) == token:
        return
    response.set_cookie(
        DEVICE_COOKIE,
        _signer().sign(token),
        max_age=DEVICE_COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _device_token(request: HttpRequest) -> str:
    """The token of the browser; a new one where it brings none that we signed."""
    token = getattr(request, _ATTRIBUTE, "") or _token_in_cookie(request)
    if not token:
        token = secrets.token_urlsafe(_TOKEN_BYTES)
    setattr(request, _ATTRIBUTE, token)
    return token


def _token_in_cookie(request: HttpRequest) -> str:
    try:
        return _signer().unsign(request.COOKIES.get(DEVICE_COOKIE, ""))
    except BadSignature:
        return ""


def _signer() -> Signer:
    return Signer(salt="jiyue.organizations.sign_ins.device")
