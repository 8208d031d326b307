from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "jiyue.publishing.delivery"
    label = "publishing_delivery"

    def ready(self) -> None:
        """Enter alarms, jobs and what the worker can be asked for."""
        from jiyue.publishing.delivery import failures, keeping, purging

        failures.register()
        keeping.register()
        purging.register()
