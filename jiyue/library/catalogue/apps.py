from datetime import time

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "jiyue.library.catalogue"
    label = "library_catalogue"

    def ready(self) -> None:
        """Enter checks, the two-person topic, jobs, and listen to the library."""
        from jiyue.core import schedule, two_person  # needs loaded models
        from jiyue.library.catalogue import checks, listening, prompting
        from jiyue.library.catalogue.services.taxonomies import TOPIC, TaxonomyTopic

        checks.register()
        listening.register()
        prompting.register()
        two_person.TOPICS.register(TOPIC, TaxonomyTopic())
        schedule.JOBS.register("library.relations", schedule.Job(listening.begin_relations, at=time(0, 1)))
        schedule.JOBS.register(
            "library.publish_prompt", schedule.Job(prompting.prompt_publication, at=time(6, 40))
        )
