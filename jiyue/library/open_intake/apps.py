from django.apps import AppConfig


class OpenIntakeConfig(AppConfig):
    name = "jiyue.library.open_intake"
    label = "library_open_intake"

    def ready(self) -> None:
        """Register the check of origins and what reforms of units carry along."""
        from jiyue.library.checks import CHECKS
        from jiyue.library.open_intake import carrying, modes

        CHECKS.register("intake.origin", modes.check_origin)
        carrying.register()
