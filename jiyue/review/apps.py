from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "jiyue.review"

    def ready(self) -> None:
        """Register side effects, clocks, purposes of files, and what a reform of units carries along."""
        from jiyue.review import carrying, clocks, stuck, tasks  # noqa: F401
        from jiyue.review.services import holding, papers, routing

        carrying.register()
        routing.register()
        clocks.register()
        stuck.register()
        holding.register()
        papers.register()
