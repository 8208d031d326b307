"""What Wagtail's shell needs from us: its side bar, its icons and its JavaScript settings.

None of Wagtail's URLs, hooks or menu entries are used: every door is ours.
"""

import re
from functools import cache, lru_cache
from hashlib import blake2b
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views import View
from wagtail.admin.localization import get_js_translation_strings
from wagtail.admin.staticfiles import versioned_static
from wagtail.admin.telepath import JSContext
from wagtail.admin.ui import sidebar

from jiyue.backoffice.menu import GROUPS, Entry, entries_for

ICONS = [
    "arrow-down",
    "arrow-left",
    "arrow-right",
    "arrow-up",
    "bars",
    "bin",
    "breadcrumb-expand",
    "calendar",
    "calendar-alt",
    "calendar-check",
    "check",
    "circle-check",
    "circle-plus",
    "circle-xmark",
    "clipboard-list",
    "cog",
    "cogs",
    "collapse-down",
    "collapse-up",
    "comment",
    "cross",
    "desktop",
    "doc-empty",
    "doc-full",
    "dots-horizontal",
    "download",
    "draft",
    "edit",
    "error",
    "expand-right",
    "folder",
    "folder-open-1",
    "globe",
    "group",
    "help",
    "history",
    "home",
    "image",
    "info-circle",
    "key",
    "keyboard",
    "link",
    "link-external",
    "list-ul",
    "lock",
    "lock-open",
    "login",
    "logout",
    "mail",
    "minus",
    "mobile-alt",
    "password",
    "plus",
    "redirect",
    "resubmit",
    "rotate",
    "search",
    "site",
    "sliders",
    "spinner",
    "success",
    "table",
    "tasks",
    "thumbtack",
    "tick-inverse",
    "time",
    "upload",
    "user",
    "view",
    "warning",
]
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


class BrandingModule(sidebar.WagtailBrandingModule):
    """The mark above the menu leads to the workbench."""

    def js_args(self) -> list[str]:
        """Arguments of the side bar's script."""
        return [reverse("backoffice:workbench")]


class MenuModule(sidebar.MainMenuModule):
    """The menu, with the person's name instead of the login name."""

    def __init__(self, items: list[Any], account_items: list[Any], name: str):
        super().__init__(items, account_items, user=None)
        self.name = name

    def js_args(self) -> list[Any]:
        """Arguments of the side bar's script."""
        picture = versioned_static("wagtailadmin/images/default-user-avatar.png")
        person = {"name": self.name, "avatarUrl": picture}
        return [self.menu_items, self.account_menu_items, person]


def menu_items(entries: list[Entry]) -> list[Any]:
    """Lines of the side bar: single entries first, then the groups that have any."""

    def line(entry: Entry) -> Any:
        address = reverse(f"backoffice:{entry.url_name}")
        return sidebar.LinkMenuItem(entry.url_name, str(entry.label), address, icon_name=entry.icon)

    lines = [line(entry) for entry in entries if not entry.group]
    for key, (label, icon) in GROUPS.items():
        inside = [line(entry) for entry in entries if entry.group == key]
        if inside:
            lines.append(sidebar.SubMenuItem(key, str(label), inside, icon_name=icon))
    return lines


def side_bar(request: HttpRequest) -> dict[str, Any]:
    """Data of the side bar for this person."""
    roles = frozenset(getattr(request, "staff_roles", ()))
    name = request.user.get_full_name()  # type: ignore[union-attr]  # only who is signed in has one
    return {"modules": _modules(roles, name, get_language())}


@lru_cache(maxsize=256)  # people at work; a tenth of a page's time went here
def _modules(roles: frozenset[str], name: str, _language: str | None) -> Any:
    items = menu_items(entries_for(roles))
    account = [
        sidebar.LinkMenuItem(
            "my-account", _("My account"), reverse("backoffice:my_account"), icon_name="user"
        ),
        sidebar.ActionMenuItem("sign-out", _("Sign out"), reverse("backoffice:sign_out"), icon_name="logout"),
    ]
    return JSContext().pack([BrandingModule(), MenuModule(items, account, name)])


def script_settings(request: HttpRequest) -> dict[str, Any]:
    """Settings of Wagtail's scripts; the addresses of doors that don't exist here stay empty."""
    return {
        "CSRF_TOKEN": get_token(request),
        "CSRF_HEADER_NAME": "X-CSRFToken",
        "ADMIN_API": {},
        "ADMIN_URLS": {},
        "I18N_ENABLED": False,
        "LOCALES": [],
        "STRINGS": get_js_translation_strings(),
        "KEYBOARD_SHORTCUTS_ENABLED": False,
    }


@cache
def icon_sprite() -> str:
    """Every icon of the shell as one SVG of symbols."""
    symbols = []
    for name in ICONS:
        file = render_to_string(f"wagtailadmin/icons/{name}.svg")
        svg = file.replace('xmlns="http://www.w3.org/2000/svg"', "").replace("svg", "symbol")
        symbols.append(_COMMENT.sub("", svg))
    return render_to_string("wagtailadmin/shared/icons.html", {"icons": "".join(symbols)})


@cache
def icon_sprite_address() -> str:
    """Address of the sprite, with a fingerprint for the browser's copy."""
    fingerprint = blake2b(icon_sprite().encode(), digest_size=4).hexdigest()
    return f"{reverse('backoffice:icon_sprite')}?h={fingerprint}"


class IconSpriteView(View):
    """The shell's icons; the sign-in page needs them too."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Answer with the SVG."""
        response = HttpResponse(icon_sprite(), content_type="image/svg+xml; charset=utf-8")
        response.headers["Cache-Control"] = "no-cache" if settings.DEBUG else "private, max-age=604800"
        return response
