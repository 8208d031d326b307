"""Steps of signing in, the own account and the help for people who can't sign in."""

from jiyue.core import clock
from jiyue.organizations.credentials.models import Passkey
from tests.factories import PASSWORD, World
from tests.matrix import GONE, Objects, Row, Things, everybody

ONLY_ADMINISTRATORS = everybody(403, platform_manager=200, account_manager=200)
ADMINISTRATORS_GO_ON = everybody(403, platform_manager=302, account_manager=302)
OUTSIDE_UNITS = everybody(403, platform_manager=404, account_manager=404)


def _reason(objects: Objects) -> dict[str, object]:
    return {"reason": "手机丢失"}


ROWS = (
    *(
        Row(name, everybody(302), method=method)
        for name in ("sign_in_enrol", "sign_in_enrol_passkey", "sign_in_password")
        for method in ("get", "post")
    ),
    Row("my_account", everybody(200)),
    Row("my_password", everybody(200)),
    Row("my_password", everybody(200), method="post"),
    Row("my_authenticator", everybody(200)),
    Row("my_authenticator", everybody(200), method="post"),
    Row("my_passkey_create", everybody(200)),
    Row("my_passkey_create", everybody(200), method="post"),
    Row("my_recovery_codes", everybody(200)),
    Row("my_recovery_codes", everybody(200), method="post"),
    Row("my_sessions_end", everybody(302)),
    Row("my_sessions_end", everybody(302), method="post"),
    # a passkey of somebody in unit A: nobody else has it
    Row("my_passkey_rename", GONE, GONE, ("passkey",)),
    Row("my_passkey_rename", GONE, GONE, ("passkey",), "post", lambda objects: {"name": "改名"}),
    Row("my_factor_remove", GONE, GONE, ("passkey_kind", "passkey")),
    Row(
        "my_factor_remove",
        GONE,
        GONE,
        ("passkey_kind", "passkey"),
        "post",
        lambda objects: {"password": PASSWORD},
    ),
    Row("account_help_list", ONLY_ADMINISTRATORS),
    Row("account_help", ONLY_ADMINISTRATORS, OUTSIDE_UNITS, ("helped",)),
    Row("account_initial_password", ADMINISTRATORS_GO_ON, OUTSIDE_UNITS, ("helped",)),
    Row("account_initial_password", ONLY_ADMINISTRATORS, OUTSIDE_UNITS, ("helped",), "post"),
    Row("account_reset_propose", ADMINISTRATORS_GO_ON, OUTSIDE_UNITS, ("helped",)),
    Row("account_reset_propose", ADMINISTRATORS_GO_ON, OUTSIDE_UNITS, ("helped",), "post", _reason),
)


def make_things(world: World) -> Things:
    """A passkey and an account that needs help, both of unit A."""
    passkey = Passkey.objects.create(
        user=world.author, name="手机", credential_id="QUJD", public_key=b"", created_at=clock.now()
    )
    return {"passkey": passkey, "passkey_kind": "passkey", "helped": world.author}
