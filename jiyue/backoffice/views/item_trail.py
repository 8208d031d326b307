"""The trail of one item as a story, on a page and as a file."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from jiyue.backoffice.item_story import tell_item
from jiyue.backoffice.trail_pdf import export_trail
from jiyue.backoffice.views.versions import VersionsView


class ResourceTrailView(VersionsView):
    """Everything that happened to the item, and who answers for it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the story."""
        return self.page(
            "resource_trail.html", {"story": tell_item(self.resource), "resource": self.resource}
        )


class ResourceTrailPdfView(VersionsView):
    """The same as a PDF; the export is itself an entry of the audit trail."""

    @transaction.atomic
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the file."""
        data = export_trail(story=tell_item(self.resource), actor=self.account)
        response = HttpResponse(data, content_type="application/pdf")
        name = _("Trail of item %(number)d.pdf") % {"number": self.resource.pk}
        response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
        response.headers["Cache-Control"] = "private, no-store"
        return response
