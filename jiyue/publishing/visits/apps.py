from django.apps import AppConfig


class VisitsConfig(AppConfig):
    name = "jiyue.publishing.visits"
    label = "publishing_visits"
