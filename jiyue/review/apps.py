from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "jiyue.review"

    def ready(self) -> None:
        """Register the outbox handler."""
        from jiyue.review import tasks  # noqa: F401
