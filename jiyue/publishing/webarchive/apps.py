from django.apps import AppConfig


class WebarchiveConfig(AppConfig):
    name = "jiyue.publishing.webarchive"
    label = "publishing_webarchive"

    def ready(self) -> None:
        """Register both two-person topics and the check of channels."""
        from jiyue.core import two_person
        from jiyue.library.checks import CHECKS
        from jiyue.publishing.webarchive import captured_output, capturing, moving, services  # noqa: F401  # register handlers
        from jiyue.publishing.webarchive.checks import check_channels

        capturing.register()
        two_person.TOPICS.register(services.ARCHIVE_TOPIC, services.ArchiveTopic())
        two_person.TOPICS.register(services.UNARCHIVE_TOPIC, services.RestoringTopic())
        CHECKS.register("webarchive.channels", check_channels)
