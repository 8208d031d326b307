from django.apps import AppConfig


class WorkCalendarConfig(AppConfig):
    name = "jiyue.policy.work_calendar"
    label = "work_calendar"

    def ready(self) -> None:
        """Register the two-person change of a year and the job that brings shipped years."""
        from jiyue.policy.work_calendar.services import register

        register()
