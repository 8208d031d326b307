from django.apps import AppConfig


class DraftingConfig(AppConfig):
    name = "jiyue.library.drafting"
    label = "library_drafting"

    def ready(self) -> None:
        """Enter the sweep of old texts into the schedule."""
        from jiyue.library.drafting import sweeping

        sweeping.register()
