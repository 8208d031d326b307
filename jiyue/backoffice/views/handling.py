"""What a reviewer does with a case besides deciding: asking, recording the answer, assessing the risk."""

from abc import abstractmethod
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.forms.handling import AnswerForm, AssessForm, MarkForm, ReferForm
from jiyue.backoffice.forms.refusals import add_refusal, sentence
from jiyue.core.errors import DomainError
from jiyue.review.models import ReviewCase
from jiyue.review.selectors import list_visible_cases
from jiyue.review.services import holding
from jiyue.review.services.refusals import ReviewRefused


class HandlingView(StaffView):
    """One form about one case; whoever can't decide the case is led back to it with the reason.

    Attributes:
        form_class: The form.
        heading, explanation, button, done: What the page says.
    """

    form_class: ClassVar[type[forms.Form]]
    heading: ClassVar[Promise]
    explanation: ClassVar[Promise]
    button: ClassVar[Promise]
    done: ClassVar[Promise]

    @cached_property
    def case(self) -> ReviewCase:
        """The case named in the address, or 404."""
        return get_object_or_404(list_visible_cases(self.account), pk=self.kwargs["pk"])

    @abstractmethod
    def blocker(self) -> ReviewRefused | None:
        """Say why it isn't possible now, or None."""

    @abstractmethod
    def carry_out(self, form: Any) -> None:
        """Do it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the empty form."""
        blocker = self.blocker()
        if blocker:
            messages.warning(request, sentence(blocker))
            return redirect("backoffice:case_detail", self.case.pk)
        return self._form_page(self.form_class())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Do it, or show why not with everything that was typed."""
        case = self.case
        form = self.form_class(request.POST, request.FILES)
        if not form.is_valid():
            return self._form_page(form, status=422)
        try:
            self.carry_out(form)
        except DomainError as error:
            add_refusal(form, error)
            return self._form_page(form, status=409)
        messages.success(request, str(self.done))
        return redirect("backoffice:case_detail", case.pk)

    def _form_page(self, form: forms.Form, *, status: int = 200) -> HttpResponse:
        context = {
            "case": self.case,
            "form": form,
            "heading": self.heading,
            "explanation": self.explanation,
            "button": self.button,
        }
        return self.page("case_handling_form.html", context, status=status)


class CaseReferView(HandlingView):
    """Asking whether a case may be public (REV-15)."""

    form_class = ReferForm
    heading = _("Ask whether it may be public")
    explanation = _(
        "The case is held: nobody can approve it until the answer is recorded. Its authors are told."
    )
    button = _("Hold the case and ask")
    done = _("The case is held until the answer is recorded.")

    def blocker(self) -> ReviewRefused | None:
        """Why it isn't possible now."""
        return holding.referral_blocker(self.case, self.account)

    def carry_out(self, form: ReferForm) -> None:
        """Hold the case."""
        holding.refer_case(case_id=self.case.pk, actor=self.account, **form.cleaned_data)


class CaseAnswerView(HandlingView):
    """Recording the answer."""

    form_class = AnswerForm
    heading = _("Record the answer")
    explanation = _("If it may be public, the review goes on. If not, the item can only be returned.")
    button = _("Record the answer")
    done = _("The answer is recorded.")

    def blocker(self) -> ReviewRefused | None:
        """Why it isn't possible now."""
        return holding.answer_blocker(self.case, self.account)

    def carry_out(self, form: AnswerForm) -> None:
        """Record it."""
        holding.record_answer(case_id=self.case.pk, answer=form.answer_value(), actor=self.account)


class CaseMarkView(HandlingView):
    """Marking a case as sensitive (REV-16)."""

    form_class = MarkForm
    heading = _("Mark as sensitive")
    explanation = _("A sensitive item is released only with a risk assessment that allows it.")
    button = _("Mark as sensitive")
    done = _("Marked as sensitive. It needs a risk assessment now.")

    def blocker(self) -> ReviewRefused | None:
        """Why it isn't possible now."""
        return holding.marking_blocker(self.case, self.account)

    def carry_out(self, form: MarkForm) -> None:
        """Mark it."""
        holding.mark_sensitive(case_id=self.case.pk, reason=form.cleaned_data["reason"], actor=self.account)


class CaseAssessView(HandlingView):
    """Recording a risk assessment (REV-16)."""

    form_class = AssessForm
    heading = _("Record a risk assessment")
    explanation = _("It holds for the text as it is now; after a change it has to be done again.")
    button = _("Record the assessment")
    done = _("The risk assessment is recorded.")

    def blocker(self) -> ReviewRefused | None:
        """Why it isn't possible now."""
        return holding.assessment_blocker(self.case, self.account)

    def carry_out(self, form: AssessForm) -> None:
        """Record it."""
        holding.record_risk_assessment(case_id=self.case.pk, assessment=form.assessment(), actor=self.account)
