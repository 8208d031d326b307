"""Forms about addresses: the host name of a site, the path of a channel."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from jiyue.sites.hosting import MAX_PORT, MIN_PORT
from jiyue.sites.models import Channel, Site


def _confirmation(label: Any) -> forms.BooleanField:
    return forms.BooleanField(
        label=label, error_messages={"required": _("Read what happens to the old addresses, then tick this.")}
    )


class SiteAddressForm(forms.Form):
    """Under which host name, port and canonical address a site answers."""

    host = forms.CharField(
        label=_("Host name"),
        max_length=Site._meta.get_field("host").max_length,
        help_text=_("Without http:// and without a path, such as www.example.gov.cn."),
    )
    base_url = forms.CharField(
        label=_("Canonical address"),
        max_length=Site._meta.get_field("base_url").max_length,
        help_text=_("Stands in site maps, feeds and for search engines, such as https://www.example.gov.cn."),
    )
    port = forms.IntegerField(
        label=_("Port of the embedded server"),
        required=False,
        min_value=MIN_PORT,
        max_value=MAX_PORT,
        help_text=_("Only where the site is opened by its port. Empty: by its host name alone."),
    )
    confirmed = _confirmation(
        _("I have read what happens to the old address, and the new host name leads to this platform.")
    )


class ChannelMoveForm(forms.Form):
    """The path below which a channel's list, feeds and new items lie."""

    path = forms.CharField(
        label=_("New address"),
        max_length=Channel._meta.get_field("path").max_length,
        help_text=_("Lower-case letters, digits, hyphens and /, without the host name, such as zwgk/tzgg."),
    )
    confirmed = _confirmation(_("I have read what happens to the old address."))
