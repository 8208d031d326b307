from django.apps import AppConfig


class PolicyConfig(AppConfig):
    name = "jiyue.policy"
