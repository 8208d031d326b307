"""Staff sessions as after a sign-in with both factors, without the sign-in. Import after `open_platform`."""

from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice

from jiyue.organizations.models import StaffAccount


def signed_in(account: StaffAccount) -> Client:
    """A client in this process; its session cookie is good for a server on the same database."""
    client = Client(headers={"host": "localhost"})
    client.force_login(account)
    device, _created = TOTPDevice.objects.get_or_create(user=account, confirmed=True)
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()
    return client
