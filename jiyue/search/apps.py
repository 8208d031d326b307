from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "jiyue.search"

    def ready(self) -> None:
        """Register the outbox handler, the listeners and the comparison for `jiyue reconcile`."""
        from jiyue.search import reconcile, tasks  # noqa: F401  # models are loaded by now
