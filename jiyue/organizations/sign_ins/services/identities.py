"""Linking an identity at a provider to the account a person has already."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiyue.core import audit, clock
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.text import storable
from jiyue.organizations.credentials import helping
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.services import authority, notify
from jiyue.organizations.sign_ins.enums import EndReason
from jiyue.organizations.sign_ins.models import ExternalIdentity
from jiyue.organizations.sign_ins.refusals import acting_account
from jiyue.organizations.sign_ins.services.sessions import end_quietly

MAX_SUBJECT_CHARS = 255  # OpenID Connect Core 1.0, section 2
MAX_NAME_CHARS = 64  # the column's
TOPIC = "identity.linked"


class LinkRefused(DomainError):
    """An identity that can't be linked."""

    code = "link_refused"


@transaction.atomic
def link_identity(
    *, account: StaffAccount, issuer: str, subject: str, name: str, actor: AuditActor
) -> ExternalIdentity:
    """Link an identity to an account that exists; no account and no role comes of it.

    Args:
        account: Whose; one identity per provider.
        issuer: Provider's identifier.
        subject: Who the person is there.
        name: What people call the provider.
        actor: The account's person, who has just proven the identity, or an administrator who may help
            the account to sign in (`helping.help_refusal`): the identity stands for its password.

    Raises:
        OutsideOwnUnits, GrantRefused, HelpRefused: Somebody else's, and the actor may not help it.
        LinkRefused: The subject is empty or too long, the identity belongs to another
            account, or the account has one already.

    Source: GL 七(一)4; NB 26 (ORG-08, SEC-09).
    """
    is_own = actor.account_id == account.pk
    if not is_own and (refusal := helping.help_refusal(account, actor)):
        raise refusal
    subject = storable(subject).strip()
    if not subject or len(subject) > MAX_SUBJECT_CHARS:
        raise LinkRefused(
            gettext_lazy("The identifier at the provider is empty or too long."),
            fix=gettext_lazy("Copy it from the provider's list of people."),
            field="subject",
        )
    by = acting_account(actor)
    try:
        with transaction.atomic():
            identity: ExternalIdentity = ExternalIdentity.objects.create(
                user=account,
                name=name[:MAX_NAME_CHARS],
                issuer=issuer,
                subject=subject,
                linked_by=by,
                linked_at=clock.now(),
            )
    except IntegrityError:
        raise LinkRefused(
            gettext_lazy(
                "This identity is linked already, or the account has another one at the same provider."
            ),
            fix=gettext_lazy("Undo the other link first."),
            field="subject",
        ) from None
    _record("identity.linked", identity, actor)
    if not identity.is_linked_by_person:
        notify(
            person_ids=[account.person_id],
            topic=TOPIC,
            title=_("An administrator linked an identity of the unified sign-in to your account."),
            key=f"{TOPIC}:{identity.pk}",
            path="/security/mine/",
        )
    return identity


@transaction.atomic
def unlink_identity(*, identity: ExternalIdentity, actor: AuditActor, kept_key_hash: str = "") -> None:
    """Undo a link: one's own, or as an administrator over the account's unit.

    The account's sessions end, since the identity may have opened them.

    Args:
        identity: The link.
        actor: Who undoes it.
        kept_key_hash: SM3 of the key of the session that goes on.

    Raises:
        OutsideOwnUnits, GrantRefused: Somebody else's, and the actor doesn't decide on it.
    """
    identity = ExternalIdentity.objects.select_for_update().get(pk=identity.pk)
    _refuse_outside(identity.user, actor)
    if identity.unlinked_at is not None:
        return
    identity.unlinked_at, identity.confirmed = clock.now(), False
    identity.save(update_fields=["unlinked_at", "confirmed"])
    end_quietly(account=identity.user, reason=EndReason.CREDENTIALS_CHANGED, kept_key_hash=kept_key_hash)
    _record("identity.unlinked", identity, actor)


def _refuse_outside(account: StaffAccount, actor: AuditActor) -> None:
    if actor.account_id == account.pk:
        return
    if refusal := authority.account_refusal(actor, account):
        raise refusal


def _record(verb: str, identity: ExternalIdentity, actor: AuditActor) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        subject_type="account",
        subject_id=identity.user_id,
        issuer=identity.issuer,
    )
