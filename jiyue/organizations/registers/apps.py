from django.apps import AppConfig


class RegistersConfig(AppConfig):
    name = "jiyue.organizations.registers"
    label = "registers"

    def ready(self) -> None:
        """Register what other rooms ask for by name."""
        from jiyue.organizations.registers import providing

        providing.register()
