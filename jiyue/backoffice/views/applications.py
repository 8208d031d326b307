"""Applying for an account, and what waits for a decision: applications and explanations."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jiyue.backoffice.forms.people import ApplicationForm, DecisionForm, StatusFilterForm, labels_of
from jiyue.backoffice.forms.refusals import add_refusal
from jiyue.backoffice.selectors import LIST_SIZE
from jiyue.backoffice.views.people import PeopleView
from jiyue.core.errors import DomainError
from jiyue.core.files import read_upload, store_file
from jiyue.core.models import PrivateFile
from jiyue.organizations.credentials import helping
from jiyue.organizations.enums import ApplicationStatus, Employment
from jiyue.organizations.models import (
    AccountApplication,
    IdleExplanation,
    Organization,
    Person,
    StaffAccount,
)
from jiyue.organizations.people_jobs import APPLICATION_LETTER
from jiyue.organizations.selectors.people import list_applications, list_explanations, list_people
from jiyue.organizations.services import applications, explanations
from jiyue.organizations.services.people import enter_person


class ApplicationListView(PeopleView):
    """Applications for accounts."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list."""
        form = StatusFilterForm(request.GET or None)
        rows = list_applications(self.account, self.administered_unit_ids)
        status = form.status_value()
        if status:
            rows = rows.filter(status=status)
        page = Paginator(rows, LIST_SIZE).get_page(request.GET.get("page"))
        context = {"form": form, "page": page, "is_administrator": self.is_administrator}
        return self.page("application_list.html", context)


class ApplicationCreateView(PeopleView):
    """An application for an account of one unit."""

    @cached_property
    def unit(self) -> Organization:
        """The unit named in the address, or the own one; another unit doesn't exist."""
        wanted = self.request.GET.get("unit") or str(self.account.unit_id)
        for unit in self.visible_units():
            if str(unit.pk) == wanted:
                return unit
        raise Http404

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        return self._page(self._form(initial={"employment": Employment.PERMANENT}))

    def post(self, request: HttpRequest) -> HttpResponse:
        """File the application with its letter and, where needed, the person: all of it, or nothing."""
        form = self._form(request.POST, request.FILES)
        if form.is_valid():
            try:
                with transaction.atomic():
                    application = self._apply(form.cleaned_data)
            except DomainError as error:
                add_refusal(form, error)
            else:
                messages.success(request, _("Filed. Another person decides."))
                return redirect("backoffice:application_detail", application.pk)
        return self._page(form)

    def _form(self, *args: Any, **kwargs: Any) -> ApplicationForm:
        needs_letter = not applications.is_as_of_course(self.unit)
        return ApplicationForm(*args, people=list_people([self.unit.pk]), needs_letter=needs_letter, **kwargs)

    def _apply(self, data: dict[str, Any]) -> AccountApplication:
        refusal = applications.filing_refusal(self.unit, self.actor)
        if refusal:
            raise refusal
        return applications.apply_for_account(
            person=data["person"] or self._enter(data),
            unit=self.unit,
            login_name=data["login_name"],
            roles=data["roles"],
            need=data["need"],
            letter=self._store(data["letter"]),
            actor=self.actor,
        )

    def _enter(self, data: dict[str, Any]) -> Person:
        return enter_person(
            unit=self.unit,
            name=data["name"],
            employment=Employment(data["employment"] or Employment.PERMANENT),
            employee_number=data["employee_number"],
            phone=data["phone"],
            actor=self.actor,
        )

    def _store(self, upload: Any) -> PrivateFile | None:
        if not upload:
            return None
        return store_file(
            data=read_upload(upload, field="letter"),
            original_name=upload.name,
            purpose=APPLICATION_LETTER,
            unit_id=self.unit.pk,
            actor=self.actor,
            field="letter",
        )

    def _page(self, form: ApplicationForm) -> HttpResponse:
        context = {
            "form": form,
            "unit": self.unit,
            "units": list(self.visible_units()),
            "heading": _("Apply for an account"),
            "submit": _("File the application"),
            "warning": applications.filing_refusal(self.unit, self.actor),
            "is_multipart": True,
        }
        return self.page("people_form.html", context)


class DecisionPage(PeopleView):
    """Base of the pages on which one of two persons decides."""

    back_name = ""

    def decision_page(self, form: DecisionForm, **context: Any) -> HttpResponse:
        """Show what is to be decided, and the decision or why there is none."""
        return self.page("people_decision.html", {"form": form, "back_name": self.back_name, **context})


class ApplicationView(DecisionPage):
    """One application."""

    back_name = "backoffice:application_list"

    @cached_property
    def application(self) -> AccountApplication:
        """The application; of other units none exists."""
        rows = list_applications(self.account, self.administered_unit_ids)
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it."""
        return self._page(DecisionForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Approve, refuse or take back."""
        application, form = self.application, DecisionForm(request.POST)
        try:
            if "withdraw" in request.POST:
                applications.withdraw_application(application=application, actor=self.actor)
                messages.success(request, _("The application is taken back."))
                return redirect("backoffice:application_list")
            if not form.is_valid():
                return self._page(form)
            opinion = form.cleaned_data["opinion"]
            decide = {"application": application, "actor": self.actor, "opinion": opinion}
            if form.cleaned_data["decision"] == "refuse":
                applications.refuse_application(**decide)
                messages.success(request, _("The application is refused."))
                return redirect("backoffice:application_list")
            account = applications.approve_application(**decide)
        except DomainError as error:
            form.is_valid()
            add_refusal(form, error)
            return self._page(form)
        return self._hand_over(account)

    def _hand_over(self, account: StaffAccount) -> HttpResponse:
        """To where the first password is made and shown once, or to the account if others have to do it."""
        if helping.help_refusal(account, self.actor):
            messages.warning(
                self.request,
                _("The account is open. An administrator of all the person's units hands over the password."),
            )
            return redirect("backoffice:account_detail", account.pk)
        messages.success(self.request, _("The account is open. Hand over the first password now."))
        return redirect("backoffice:account_help", account.pk)

    def _page(self, form: DecisionForm) -> HttpResponse:
        row = self.application
        is_waiting = row.status == ApplicationStatus.WAITING
        return self.decision_page(
            form,
            heading=_("Application for an account"),
            status=(row.status, row.get_status_display()),
            fields=[
                (_("Person"), row.person.name),
                (_("Employment"), row.person.get_employment_display()),
                (_("Unit"), row.unit.name),
                (_("Login name"), row.login_name),
                (_("Roles"), _(", ").join(labels_of(row.roles))),
                (_("Applied by"), row.applied_by.person.name),
                *_decided(row),
            ],
            text=row.need,
            letter=row.letter,
            letter_missing=_("A matter of course for this unit; no letter was needed."),
            blocker=applications.decision_refusal(row, self.actor) if is_waiting else None,
            is_waiting=is_waiting,
            may_withdraw=is_waiting and row.applied_by.person_id == self.account.person_id,
        )


def _decided(row: AccountApplication | IdleExplanation) -> list[tuple[str, str]]:
    if row.decided_by is None:
        return []
    return [(_("Decided by"), row.decided_by.person.name), (_("Opinion"), row.opinion or "-")]


class ExplanationListView(PeopleView):
    """Explanations for accounts that were disabled."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list."""
        form = StatusFilterForm(request.GET or None)
        rows = list_explanations(self.visible_unit_ids)
        status = form.status_value()
        if status:
            rows = rows.filter(status=status)
        page = Paginator(rows, LIST_SIZE).get_page(request.GET.get("page"))
        return self.page("explanation_list.html", {"form": form, "page": page})


class ExplanationView(DecisionPage):
    """One explanation."""

    back_name = "backoffice:explanation_list"

    @cached_property
    def explanation(self) -> IdleExplanation:
        """The explanation; of other units none exists."""
        return get_object_or_404(list_explanations(self.visible_unit_ids), pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it."""
        return self._page(DecisionForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Accept or refuse it."""
        form = DecisionForm(request.POST)
        if not form.is_valid():
            return self._page(form)
        decide = {
            "explanation": self.explanation,
            "actor": self.actor,
            "opinion": form.cleaned_data["opinion"],
        }
        try:
            if form.cleaned_data["decision"] == "refuse":
                explanations.refuse_explanation(**decide)
                messages.success(request, _("The explanation is refused."))
            else:
                explanations.accept_explanation(**decide)
                messages.success(request, _("The account can be used again."))
        except DomainError as error:
            add_refusal(form, error)
            return self._page(form)
        return redirect("backoffice:explanation_detail", pk)

    def _page(self, form: DecisionForm) -> HttpResponse:
        row = self.explanation
        is_waiting = row.status == ApplicationStatus.WAITING
        return self.decision_page(
            form,
            heading=_("Explanation for an unused account"),
            status=(row.status, row.get_status_display()),
            fields=[
                (_("Account"), str(row.account)),
                (_("Unit"), row.account.unit.name),
                (_("Disabled because"), row.account.status_reason),
                (_("Filed by"), row.filed_by.person.name),
                *_decided(row),
            ],
            text=row.commitment,
            letter=row.letter,
            blocker=explanations.decision_refusal(row, self.actor) if is_waiting else None,
            is_waiting=is_waiting,
        )
