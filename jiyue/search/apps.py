from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "jiyue.search"

    def ready(self) -> None:
        """Register the outbox handler and the listeners."""
        from jiyue.search import tasks  # noqa: F401  # models are loaded by now
