"""Files of the private store, for the people their purpose names."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header

from jiyue.backoffice.access import StaffView
from jiyue.core.files import FileDamaged, open_file
from jiyue.core.models import PrivateFile


class PrivateFileView(StaffView):
    """One file, always as a download; a file of others doesn't exist."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the file."""
        file = get_object_or_404(PrivateFile, pk=pk)
        try:
            data = open_file(file=file, actor=self.actor)
        except FileDamaged as damage:
            return self.page("file_damaged.html", {"damage": damage}, status=500)
        if data is None:
            raise Http404
        response = HttpResponse(data, content_type=file.content_type)
        response.headers["Content-Disposition"] = content_disposition_header(True, file.original_name) or ""
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        response.headers["Cache-Control"] = "private, no-store"
        return response
