"""The one door of the staff process: both factors, then the role, then the unit."""

from contextlib import AbstractContextManager
from typing import Any, ClassVar, cast
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View

from jiyue.core import audit
from jiyue.core.acts import Answers, asking_once
from jiyue.organizations.enums import ADMINISTRATION_ROLES, EDITING_ROLES, StaffRole, UnitStatus
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.organizations.selectors import (
    get_role_pairs,
    get_subtree_ids,
    in_subtrees,
)
from jiyue.review.roster import list_duty_paths


def is_signed_in(request: HttpRequest) -> bool:
    """Tell whether both factors of this session are proven."""
    user = request.user
    return user.is_authenticated and bool(user.is_verified())  # type: ignore[attr-defined]  # set by django-otp


def safe_next(request: HttpRequest, address: str | None) -> str:
    """Return an address inside the staff process, or the workbench."""
    if address and url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure()):
        return address
    return reverse("backoffice:workbench")


def sign_in_redirect(request: HttpRequest) -> HttpResponse:
    """Send to the sign-in page, and afterwards back to the same address."""
    query = {"next": request.get_full_path()}
    if request.method == "POST":
        query["expired"] = "1"
    return HttpResponseRedirect(f"{reverse('backoffice:sign_in')}?{urlencode(query)}")


class StaffView(View):
    """Base of every staff view: nobody passes with one factor, or without the role.

    Attributes:
        roles: Roles that may enter, in any unit; `None` lets in every role.
    """

    roles: ClassVar[frozenset[StaffRole] | None] = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Check both factors and the role before the method runs."""
        if not is_signed_in(request):
            return sign_in_redirect(request)
        with self.looking():
            request.staff_roles = self.role_names  # type: ignore[attr-defined]  # for the menu
            if self.roles is not None and not self.roles & self.role_names:
                raise PermissionDenied
            if request.method in ("GET", "HEAD"):
                return super().dispatch(request, *args, **kwargs)
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def _answers(self) -> Answers:
        return {}

    def looking(self) -> AbstractContextManager[None]:
        """A block that only reads: what it asks about roles, rules and turns is asked once in this request.

        A request that only reads is such a block as a whole. One that changes something looks first;
        the service then asks the database itself.
        """
        return asking_once(self._answers)

    @cached_property
    def account(self) -> StaffAccount:
        """The signed-in account."""
        return cast(StaffAccount, self.request.user)

    @cached_property
    def role_pairs(self) -> frozenset[tuple[int, str]]:
        """(unit id, role) pairs held today."""
        return get_role_pairs(self.account)

    @cached_property
    def role_names(self) -> frozenset[str]:
        """Roles held today in any unit."""
        return frozenset(role for _unit_id, role in self.role_pairs)

    def has_role_in(self, unit_id: int, *roles: StaffRole) -> bool:
        """Tell whether one of `roles` is held in the unit today."""
        return any((unit_id, role) in self.role_pairs for role in roles)

    @property
    def actor(self) -> audit.AuditActor:
        """The account as the audit trail records it, with the address it came from."""
        return self.account.audit_actor(self.request.META.get("REMOTE_ADDR", ""))

    def page(
        self, template: str, context: dict[str, Any] | None = None, *, status: int = 200
    ) -> HttpResponse:
        """Render a page of the shell."""
        return render(self.request, f"backoffice/{template}", context, status=status)


class ClerkView(StaffView):
    """Base of the views in which a clerk makes something for one of their units."""

    roles: ClassVar[frozenset[StaffRole] | None] = EDITING_ROLES

    @cached_property
    def units(self) -> list[Organization]:
        """Units the account writes for: its own ones first, then those its turn of duty covers (REV-31)."""
        ids = {unit_id for unit_id, role in self.role_pairs if role in EDITING_ROLES}
        own = list(Organization.objects.filter(pk__in=ids).order_by("code"))
        paths = list_duty_paths(self.account, StaffRole.ENTRY_CLERK)
        if not paths:
            return own
        covered = Organization.objects.filter(in_subtrees(paths), status=UnitStatus.ACTIVE)
        return [*own, *covered.exclude(pk__in=ids).order_by("code")]

    def chosen_unit(self) -> Organization:
        """The unit named in the address, or the clerk's first; another unit doesn't exist."""
        wanted = self.request.GET.get("unit") or str(self.units[0].pk)
        for unit in self.units:
            if str(unit.pk) == wanted:
                return unit
        raise Http404


class AdministratorView(StaffView):
    """Base of the views in which units, people and accounts are administered.

    The scope is the subtree of the units in which an administering role is
    held; whatever lies outside doesn't exist for the person (ORG-04).
    """

    roles: ClassVar[frozenset[StaffRole] | None] = ADMINISTRATION_ROLES

    @cached_property
    def administered_unit_ids(self) -> frozenset[int]:
        """Units of the own subtrees."""
        return get_subtree_ids([unit for unit, role in self.role_pairs if role in ADMINISTRATION_ROLES])

    def administered_units(self) -> QuerySet[Organization]:
        """The same units in the order of the tree."""
        return Organization.objects.filter(pk__in=self.administered_unit_ids).order_by("path")
