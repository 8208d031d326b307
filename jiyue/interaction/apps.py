from django.apps import AppConfig


class InteractionConfig(AppConfig):
    name = "jiyue.interaction"

    def ready(self) -> None:
        """Tell the inbox who handles citizens' input, the schedule what is forgotten, exports what travels."""
        from jiyue.interaction import exporting, housekeeping, services

        services.register()
        housekeeping.register()
        exporting.register_parts()
