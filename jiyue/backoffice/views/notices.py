"""Messages of the platform to the person who is signed in."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from jiyue.backoffice.access import StaffView
from jiyue.backoffice.numbers import read_key, read_keys
from jiyue.backoffice.selectors import LIST_SIZE
from jiyue.organizations.models import StaffNotice
from jiyue.organizations.services.notices import mark_notices_read


class NoticeListView(StaffView):
    """The person's own messages, newest first."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page."""
        is_all = request.GET.get("show") == "all"
        rows = self._rows(is_all)
        before = read_key(request.GET.get("before"))
        if before:
            rows = rows.filter(pk__lt=before)
        page = list(rows[: LIST_SIZE + 1])
        is_more, page = len(page) > LIST_SIZE, page[:LIST_SIZE]
        query = request.GET.copy()
        query["before"] = str(page[-1].pk) if is_more else ""
        context = {
            "notices": page,
            "is_all": is_all,
            "next_query": query.urlencode() if is_more else "",
            "is_later_page": before is not None,
        }
        return self.page("notice_list.html", context)

    def _rows(self, is_all: bool) -> QuerySet[StaffNotice]:
        rows = StaffNotice.objects.filter(person_id=self.account.person_id).order_by("-pk")
        return rows if is_all else rows.filter(read_at=None)


class NoticeReadView(StaffView):
    """Marking messages as read; another person's stay as they are."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Lead to the list: where a renewed sign-in comes back to."""
        return redirect("backoffice:notice_list")

    def post(self, request: HttpRequest) -> HttpResponse:
        """Mark the named messages, or all."""
        ids = None if request.POST.get("all") else read_keys(request.POST.getlist("id"))
        mark_notices_read(person_id=self.account.person_id, notice_ids=ids)
        if ids is None:
            messages.success(request, _("All messages are marked as read."))
        back = "backoffice:workbench" if request.POST.get("back") == "workbench" else "backoffice:notice_list"
        return redirect(back)
