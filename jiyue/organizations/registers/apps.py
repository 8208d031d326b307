from django.apps import AppConfig


class RegistersConfig(AppConfig):
    name = "jiyue.organizations.registers"
    label = "registers"
