from django.apps import AppConfig


class LibraryConfig(AppConfig):
    name = "jiyue.library"

    def ready(self) -> None:
        """Register the library with review."""
        from jiyue.library import reviewing

        reviewing.register()
