from django.apps import AppConfig


class WorkConfig(AppConfig):
    name = "jiyue.publishing.work"
    label = "publishing_work"
