from django.apps import AppConfig


class WorkCalendarConfig(AppConfig):
    name = "jiyue.policy.work_calendar"
    label = "work_calendar"
