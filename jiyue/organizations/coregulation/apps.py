from django.apps import AppConfig


class CoregulationConfig(AppConfig):
    name = "jiyue.organizations.coregulation"
    label = "coregulation"

    def ready(self) -> None:
        """Register the attachments of messages and what a reform of units carries along."""
        from jiyue.core.files import PURPOSES
        from jiyue.organizations.coregulation import carrying
        from jiyue.organizations.coregulation.attachments import ATTACHMENT, PURPOSE

        PURPOSES.register(PURPOSE, ATTACHMENT)
        carrying.register()
