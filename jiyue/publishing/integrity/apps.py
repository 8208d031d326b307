from django.apps import AppConfig


class IntegrityConfig(AppConfig):
    name = "jiyue.publishing.integrity"
    label = "publishing_integrity"

    def ready(self) -> None:
        """Register the kinds of alarm and the job that looks after the watch."""
        from jiyue.publishing.integrity import recording, services  # noqa: F401
