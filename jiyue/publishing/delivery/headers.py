"""Headers of published files: one table for the embedded server, nginx and object stores."""

# The version is part of the address: a browser may keep the file for ever.
IMMUTABLE = "public, max-age=31536000, immutable"
# Named by content, but a withdrawal removes it: a day at most.
MEDIA = "public, max-age=86400"
# Kept by browsers and asked about each time: a withdrawn page is gone with the next click.
REVALIDATE = "no-cache"

ASSETS_PREFIX = "/assets/"
MEDIA_PREFIX = "/media/"

TYPES = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "json": "application/json",
    "xml": "text/xml",
    "txt": "text/plain",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "ico": "image/x-icon",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "ofd": "application/ofd",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "m4a": "audio/mp4",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "weba": "audio/webm",
    "vtt": "text/vtt",
}
DEFAULT_TYPE = "application/octet-stream"
# Text: served with its character set, and compressed where the publisher left a `.gz` beside it.
TEXT_TYPES = ("html", "css", "js", "json", "xml", "txt", "svg", "vtt")


def content_type(name: str) -> str:
    """Return the content type of a published file, by its extension."""
    extension = name.rpartition(".")[2]
    kind = TYPES.get(extension, DEFAULT_TYPE)
    return f"{kind}; charset=utf-8" if extension in TEXT_TYPES else kind


def is_text(name: str) -> bool:
    """Tell whether a precompressed copy may lie beside the file."""
    return name.rpartition(".")[2] in TEXT_TYPES


def cache_control(path: str) -> str:
    """Return how long a published file may be kept, by its address."""
    if path.startswith(ASSETS_PREFIX):
        return IMMUTABLE
    return MEDIA if path.startswith(MEDIA_PREFIX) else REVALIDATE
