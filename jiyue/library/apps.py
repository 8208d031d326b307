from django.apps import AppConfig


class LibraryConfig(AppConfig):
    name = "jiyue.library"

    def ready(self) -> None:
        """Register the library with review and with reforms of units."""
        from jiyue.library import carrying, reviewing, textchecking, timeliness
        from jiyue.library.media import checks, extraction, keeping  # noqa: F401  # extraction: outbox topic

        reviewing.register()
        carrying.register()
        textchecking.register()
        timeliness.register()
        checks.register()
        keeping.register()
