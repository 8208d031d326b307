"""Signed-in test clients."""

from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice

from jiyue.organizations.models import StaffAccount


def one_factor(account: StaffAccount) -> Client:
    """A client whose session has proven the password only."""
    client = Client()
    client.force_login(account)
    return client


def both_factors(account: StaffAccount) -> Client:
    """A client whose session has proven password and code."""
    client = one_factor(account)
    device, _created = TOTPDevice.objects.get_or_create(user=account, confirmed=True)
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()
    return client
