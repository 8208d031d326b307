"""Documents from files: each is read, reported on and put into the library as a draft."""

from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from jiyue.backoffice.access import ClerkView
from jiyue.backoffice.describing import LABELS
from jiyue.backoffice.forms.importing import ImportForm
from jiyue.backoffice.forms.refusals import sentence
from jiyue.core import crypto, virus_scan
from jiyue.core.errors import DomainError
from jiyue.library.importing import parse_document
from jiyue.library.models import Resource
from jiyue.library.services import AlreadyImported, ImportPlan, IncomingFile, import_document
from jiyue.organizations.models import Organization

MAX_FILES = 50  # files of one upload; whole collections go through the command line
MAX_FILE_BYTES = 60 * 1024 * 1024  # the parser says more exactly what is too long to be one document


@dataclass(frozen=True)
class FileReport:
    """What became of one file."""

    name: str
    resource: Resource | None = None
    refusal: str = ""
    is_duplicate: bool = False
    found: list[str] = field(default_factory=list)
    guessed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def _labels(names: tuple[str, ...]) -> list[str]:
    return [str(LABELS.get(name, name)) for name in names]


class ImportView(ClerkView):
    """The upload, and the report of every file."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        unit = self.chosen_unit()
        return self._form_page(ImportForm(unit=unit), unit)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Import the files one by one; a refused file doesn't hold up the others."""
        unit = self.chosen_unit()
        form = ImportForm(request.POST, unit=unit)
        files = request.FILES.getlist("files")
        if not files:
            form.add_error(None, _("No file is chosen. Choose one or more files and import them then."))
        elif len(files) > MAX_FILES:
            text = _("At most %(limit)d files at a time; you chose %(count)d. Import the rest afterwards.")
            form.add_error(None, text % {"limit": MAX_FILES, "count": len(files)})
        if not form.is_valid():
            return self._form_page(form, unit)
        plan = form.plan()
        reports = [self._import_one(file, plan) for file in files]
        fresh = ImportForm(unit=unit, initial=form.cleaned_data)
        return self._form_page(fresh, unit, reports=reports)

    def _import_one(self, file: UploadedFile[Any], plan: ImportPlan) -> FileReport:
        name = file.name or ""
        if (file.size or 0) > MAX_FILE_BYTES:
            text = _("The file is larger than %(limit)d MB. Split it, or import it on the command line.")
            return FileReport(name, refusal=text % {"limit": MAX_FILE_BYTES // 1024 // 1024})
        data = file.read()
        try:
            virus_scan.screen(data, name=name, actor=self.actor, unit_id=plan.unit.pk)
            document = parse_document(name, data)
            resource = import_document(
                file=IncomingFile(name, crypto.sm3_hex(data), document), plan=plan, actor=self.account
            )
        except AlreadyImported as error:
            return FileReport(
                name, resource=error.earlier.resource, refusal=sentence(error), is_duplicate=True
            )
        except DomainError as error:
            return FileReport(name, refusal=sentence(error))
        return FileReport(
            name,
            resource=resource,
            found=_labels(document.found),
            guessed=_labels(document.guessed),
            missing=_labels(document.missing),
            notes=[str(note.message) for note in document.notes],
        )

    def _form_page(
        self, form: ImportForm, unit: Organization, *, reports: list[FileReport] | None = None
    ) -> HttpResponse:
        reports = reports or []
        context: dict[str, Any] = {
            "form": form,
            "unit": unit,
            "units": self.units,
            "reports": reports,
            "imported_count": sum(1 for r in reports if r.resource and not r.is_duplicate),
            "imported_ids": [r.resource.pk for r in reports if r.resource and not r.is_duplicate],
            "max_files": MAX_FILES,
        }
        return self.page("import.html", context)
