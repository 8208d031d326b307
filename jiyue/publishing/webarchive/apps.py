from django.apps import AppConfig


class WebarchiveConfig(AppConfig):
    name = "jiyue.publishing.webarchive"
    label = "publishing_webarchive"
