from django.apps import AppConfig


class SignInsConfig(AppConfig):
    name = "jiyue.organizations.sign_ins"
    label = "sign_ins"
