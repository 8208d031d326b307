"""Whether this process can do its work, for the supervisor."""

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from jiyue.core import crypto, inbox
from jiyue.front.sites import TABLE_NAME


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:  # noqa: ARG001  # Django's call
    """Tell what is missing; 200 only if sites are published and the inbox can be sealed."""
    missing = []
    if not (Path(settings.JIYUE_OUTPUT_DIR) / TABLE_NAME).exists():
        missing.append(TABLE_NAME)
    try:
        crypto.load_public_key(inbox.KEY_NAME)
    except FileNotFoundError:
        missing.append(f"{inbox.KEY_NAME}.pub")
    return JsonResponse({"missing": missing}, status=503 if missing else 200)
