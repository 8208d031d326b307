from django.apps import AppConfig


class OpenIntakeConfig(AppConfig):
    name = "jiyue.library.open_intake"
    label = "library_open_intake"
