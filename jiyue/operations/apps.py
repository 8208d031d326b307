from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "jiyue.operations"
    label = "operations"
