"""Passkeys (WebAuthn): a key pair in a device that asks for finger, face or PIN (SEC-09).

A passkey stands for the second factor, after the password; it never replaces
the password, so that both factors stay independent whatever device the key is
copied to. The verification of the person by the device is required anyway.

A browser hands passkeys out only to the host name they were made for, over TLS
or on `localhost`, never to a bare IP address.
"""

import ipaddress
import json
from dataclasses import dataclass
from urllib.parse import urlsplit

import webauthn
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from jiyue.core import audit, clock, crypto
from jiyue.core.text import storable
from jiyue.organizations.credentials import second_factor
from jiyue.organizations.credentials.models import MAX_CREDENTIAL_ID_CHARS, Passkey
from jiyue.organizations.credentials.second_factor import FactorRefused
from jiyue.organizations.models import StaffAccount

MAX_ANSWER_CHARS = 20_000  # an attested answer of the largest authenticators is a third of it
MAX_PASSKEYS = 10  # against filling the table; nobody has so many devices


@dataclass(frozen=True)
class Question:
    """What the browser is asked.

    Attributes:
        options: JSON for `navigator.credentials`.
        challenge: What the answer must carry, base64url; kept in the session and good for one answer.
    """

    options: str
    challenge: str


def is_available() -> bool:
    """Tell whether browsers would make passkeys for the back office's address: not for an IP address."""
    try:
        ipaddress.ip_address(settings.JIYUE_WEBAUTHN_RP_ID.strip("[]"))
    except ValueError:
        return bool(settings.JIYUE_WEBAUTHN_RP_ID)
    return False


def has_passkey(account: StaffAccount) -> bool:
    """Tell whether the account has a passkey."""
    return Passkey.objects.filter(user=account).exists()


def ask_to_register(account: StaffAccount) -> Question:
    """What the browser is asked for a new passkey; devices that hold one already decline."""
    options = webauthn.generate_registration_options(
        rp_id=settings.JIYUE_WEBAUTHN_RP_ID,
        rp_name=str(_("Jiyue back office")),
        user_id=_handle(account),
        user_name=account.login_name,
        user_display_name=account.person.name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_descriptors(account),
    )
    return Question(webauthn.options_to_json(options), bytes_to_base64url(options.challenge))


@transaction.atomic
def register(
    *, account: StaffAccount, name: str, answer: str, challenge: str, actor: audit.AuditActor
) -> Passkey:
    """Keep a new passkey, once its answer is proven.

    Args:
        account: Its owner.
        name: What the owner calls it.
        answer: JSON from the browser.
        challenge: Of the question.
        actor: The owner.

    Raises:
        FactorRefused: No name, too many, known already, or an answer that proves nothing.

    Source: GL 七(一)4 (SEC-09).
    """
    name = second_factor.clean_name(name)
    StaffAccount.objects.select_for_update().get(pk=account.pk)
    if Passkey.objects.filter(user=account).count() >= MAX_PASSKEYS:
        raise FactorRefused(_("You have as many passkeys as possible."), fix=_("Remove one you don't use."))
    try:
        proof = webauthn.verify_registration_response(
            credential=_read(answer),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=settings.JIYUE_WEBAUTHN_RP_ID,
            expected_origin=_origin(),
            require_user_verification=True,
        )
    except _UNPROVEN as error:
        raise _unproven() from error
    identifier = bytes_to_base64url(proof.credential_id)
    if len(identifier) > MAX_CREDENTIAL_ID_CHARS:
        raise _unproven()
    try:
        with transaction.atomic():
            passkey = Passkey.objects.create(
                user=account,
                name=name,
                credential_id=identifier,
                public_key=proof.credential_public_key,
                sign_count=proof.sign_count,
                is_synced=proof.credential_device_type == CredentialDeviceType.MULTI_DEVICE,
                created_at=clock.now(),
            )
    except IntegrityError:
        raise FactorRefused(_("This passkey is known already."), fix=_("Use another device.")) from None
    audit.record(
        actor=actor,
        verb="account.second_factor_set",
        subject_type="account",
        subject_id=account.pk,
        kind=second_factor.PASSKEY,
        name=name,
    )
    second_factor.tell(account, "set", _("A passkey was added to your account."))
    return passkey


def ask_to_prove(account: StaffAccount) -> Question:
    """What the browser is asked when the account's owner has to prove the second factor."""
    options = webauthn.generate_authentication_options(
        rp_id=settings.JIYUE_WEBAUTHN_RP_ID,
        allow_credentials=_descriptors(account),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return Question(webauthn.options_to_json(options), bytes_to_base64url(options.challenge))


def verify(*, account: StaffAccount, answer: str, challenge: str) -> Passkey:
    """Return the passkey that answered, with its new count kept.

    A count that doesn't rise betrays a copied key and is refused.

    Raises:
        FactorRefused: Not one of the account's passkeys, or an answer that proves nothing.

    Source: GL 七(一)4 (SEC-09).
    """
    credential = _read(answer)
    with transaction.atomic():
        passkey = (
            Passkey.objects.select_for_update()
            .filter(user=account, credential_id=str(credential.get("id", ""))[:MAX_CREDENTIAL_ID_CHARS])
            .first()
        )
        if passkey is None:
            raise _unproven()
        try:
            proof = webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=settings.JIYUE_WEBAUTHN_RP_ID,
                expected_origin=_origin(),
                credential_public_key=bytes(passkey.public_key),
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except _UNPROVEN as error:
            raise _unproven() from error
        passkey.sign_count, passkey.last_used_at = proof.new_sign_count, clock.now()
        passkey.save(update_fields=["sign_count", "last_used_at"])
    return passkey


# A forged answer makes the library fail in many ways, all of which mean the same.
_UNPROVEN = (WebAuthnException, ValueError, TypeError, KeyError, AttributeError)


def _unproven() -> FactorRefused:
    return FactorRefused(
        _("The passkey could not be verified."),
        fix=_("Try again, or use another second factor."),
        field="answer",
    )


def _read(answer: str) -> dict[str, object]:
    if len(answer) > MAX_ANSWER_CHARS:
        raise _unproven()
    try:
        credential = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise _unproven() from error
    if not isinstance(credential, dict) or not isinstance(credential.get("id"), str):
        raise _unproven()
    credential["id"] = storable(credential["id"])
    return credential


def _descriptors(account: StaffAccount) -> list[PublicKeyCredentialDescriptor]:
    identifiers = Passkey.objects.filter(user=account).values_list("credential_id", flat=True)
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(identifier)) for identifier in identifiers]


def _handle(account: StaffAccount) -> bytes:
    """What a device stores for the account: it tells nothing about the person."""
    return bytes.fromhex(crypto.sm3_hex(f"passkey owner {account.pk}".encode()))


def _origin() -> str:
    address = urlsplit(settings.WAGTAILADMIN_BASE_URL)
    return f"{address.scheme}://{address.netloc}"
