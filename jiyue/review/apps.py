from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "jiyue.review"

    def ready(self) -> None:
        """Register the outbox handler and what a reform of units carries along."""
        from jiyue.review import carrying, tasks  # noqa: F401

        carrying.register()
