"""Files of the private store: seen only by the unit that owns them."""

from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from jiyue.backoffice.access import ClerkView, StaffView
from jiyue.core.errors import DomainError
from jiyue.library.models import MediaFile
from jiyue.library.selectors import list_media
from jiyue.library.services import store_media
from jiyue.library.services.media import media_path


class MediaFileView(StaffView):
    """One original, with the type it really has."""

    def get(self, request: HttpRequest, name: str) -> HttpResponseBase:
        """Send the file; documents are always downloads."""
        media = self._find(name)
        response = FileResponse(
            media_path(media.name).open("rb"),
            as_attachment=not media.content_type.startswith("image/"),
            filename=media.original_name,
            content_type=media.content_type,
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return response

    def _find(self, name: str) -> MediaFile:
        # Several units may own the same bytes; any of their rows describes them.
        media = list_media(self.account).filter(name=name).order_by("pk").first()
        if media is None:
            raise Http404
        return media


class MediaUploadView(ClerkView):
    """Pictures that the text editor puts into a body."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Store one picture and answer with its address."""
        unit = self.chosen_unit()
        file = request.FILES.get("file")
        if file is None:
            message, fix = _("No file was sent."), _("Choose a picture and upload it again.")
            return JsonResponse(_refusal("file_missing", message, fix), status=400)
        try:
            media = store_media(
                unit=unit, original_name=file.name or "", data=file.read(), actor=self.account
            )
        except DomainError as error:
            return JsonResponse(_refusal(error.code, error.message, error.fix), status=422)
        return JsonResponse({"location": f"/media/{media.name}"})


def _refusal(code: str, message: object, fix: object) -> dict[str, Any]:
    return {"error": {"code": code, "message": str(message), "fix": str(fix)}}
