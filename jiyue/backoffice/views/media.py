"""Files of the private store: seen only by the unit that owns them, and by who reviews what shows them."""

from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from jiyue.backoffice.access import ClerkView, StaffView
from jiyue.backoffice.ranges import send_file
from jiyue.backoffice.selectors import LIST_SIZE
from jiyue.core import virus_scan
from jiyue.core.errors import DomainError
from jiyue.core.models import ScanState, ScheduledJob
from jiyue.library.models import MediaFile
from jiyue.library.selectors import find_media, list_media_of_units
from jiyue.library.services import store_upload
from jiyue.library.services.media import media_path
from jiyue.organizations.enums import OVERSIGHT_ROLES, StaffRole
from jiyue.organizations.selectors import get_subtree_ids

RESCAN_JOB = "core.virus_rescan"


class MediaFileView(StaffView):
    """One file, with the type it really has."""

    def get(self, request: HttpRequest, name: str) -> HttpResponseBase:
        """Send the file; documents are always downloads, and what carries a virus isn't sent at all."""
        media = find_media(self.account, name)
        if media is None or not media_path(media.name).is_file():
            raise Http404
        if media.scan_state == ScanState.INFECTED:
            raise PermissionDenied
        return send_file(
            request,
            media_path(media.name),
            name=media.original_name,
            content_type=media.content_type,
            is_download=not (media.is_picture or media.is_recording or media.is_captions),
        )


class MediaUploadView(ClerkView):
    """Pictures that the text editor puts into a body, and attachments."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Store one file and answer with its address."""
        unit = self.chosen_unit()
        file = request.FILES.get("file")
        if file is None:
            message, fix = _("No file was sent."), _("Choose a picture and upload it again.")
            return JsonResponse(_refusal("file_missing", message, fix), status=400)
        try:
            media = store_upload(unit=unit, upload=file, actor=self.account)
        except DomainError as error:
            return JsonResponse(_refusal(error.code, error.message, error.fix), status=422)
        return JsonResponse(
            {
                "location": f"/media/{media.name}",
                "width": media.width,
                "height": media.height,
                "notice": _cut_down(media),
            }
        )


class ScanBoardView(StaffView):
    """What the virus scanner has seen, and what it hasn't."""

    roles: ClassVar = OVERSIGHT_ROLES

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the scanner's state and the files that need attention."""
        units = get_subtree_ids([unit for unit, role in self.role_pairs if role in OVERSIGHT_ROLES])
        files = list_media_of_units(units).exclude(scan_state=ScanState.CLEAN)
        stores = [(store.label, store.count()) for _name, store in virus_scan.STORES]
        context = {
            "is_configured": virus_scan.is_configured(),
            "version": virus_scan.ask_version(),
            "stores": [
                (label, [(state.label, state.value, counts.get(state, 0)) for state in ScanState])
                for label, counts in stores
            ],
            "page": Paginator(files, LIST_SIZE).get_page(request.GET.get("page")),
            "may_rescan": StaffRole.PLATFORM_MANAGER in self.role_names,
            "job": ScheduledJob.objects.filter(name=RESCAN_JOB).first(),
        }
        return self.page("scan_board.html", context)


class RescanView(StaffView):
    """Bring the next round of the scanner forward."""

    roles: ClassVar = frozenset({StaffRole.PLATFORM_MANAGER})

    def get(self, request: HttpRequest) -> HttpResponse:
        """Nothing to show here."""
        return redirect("backoffice:scan_board")

    def post(self, request: HttpRequest) -> HttpResponse:
        """Let the worker scan at its next step."""
        virus_scan.ask_rescan(actor=self.actor)
        messages.success(request, _("The worker scans the files that weren't scanned yet within a minute."))
        return redirect("backoffice:scan_board")


def _cut_down(media: MediaFile) -> str:
    if not media.was_cut_down:
        return ""
    return _("The picture was cut down to %(width)d × %(height)d pixels, %(size)d KB.") % {
        "width": media.width or 0,
        "height": media.height or 0,
        "size": max(1, media.size_bytes // 1024),
    }


def _refusal(code: str, message: object, fix: object) -> dict[str, Any]:
    return {"error": {"code": code, "message": str(message), "fix": str(fix)}}
