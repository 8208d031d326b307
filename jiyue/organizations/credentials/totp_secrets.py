"""Secrets of authenticator apps lie encrypted; in Python they are what the library expects (SEC-07).

The model belongs to a library, hence signals: sealed just before it is saved,
opened when it is read.
"""

from base64 import b64decode, b64encode
from binascii import hexlify, unhexlify
from collections.abc import Iterator
from typing import Any

from django.db.models.signals import post_init, post_save, pre_save
from django_otp.plugins.otp_totp.models import TOTPDevice

from jiyue.core import at_rest
from jiyue.core.resealing import OTHERS

_MARKS = {"s4:": at_rest.SM4.mark, "ae:": at_rest.AES.mark}  # short: the column holds 80 characters
_MARK_CHARS = 3
_PLACE = "otp_totp_totpdevice.key"


def _open(instance: TOTPDevice, **_kwargs: Any) -> None:
    stored = instance.__dict__.get("key", "")
    mark = _MARKS.get(stored[:_MARK_CHARS])
    if mark:
        sealed = mark + b64decode(stored[_MARK_CHARS:])
        instance.key = hexlify(at_rest.unseal(sealed, place=_PLACE)).decode()


def _seal(instance: TOTPDevice, **_kwargs: Any) -> None:
    plain = instance.__dict__.get("key", "")
    if plain and plain[:_MARK_CHARS] not in _MARKS:
        sealed = at_rest.seal(unhexlify(plain), place=_PLACE)
        short = next(short for short, mark in _MARKS.items() if sealed.startswith(mark))
        instance.key = short + b64encode(sealed[at_rest.MARK_BYTES :]).decode()


def _reseal() -> Iterator[object]:
    for device in TOTPDevice.objects.order_by("pk").iterator():
        device.save(update_fields=["key"])
        yield device


def register() -> None:
    """Listen to the library's model, and take part in the change of keys."""
    post_init.connect(_open, sender=TOTPDevice)
    pre_save.connect(_seal, sender=TOTPDevice)
    post_save.connect(_open, sender=TOTPDevice)
    OTHERS.register("totp", _reseal)
