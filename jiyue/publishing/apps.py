from django.apps import AppConfig


class PublishingConfig(AppConfig):
    name = "jiyue.publishing"

    def ready(self) -> None:
        """Listen to the library and register what the worker can be asked for."""
        from jiyue.library.announcements import EDITION_RELEASED, RESOURCE_WITHDRAWN
        from jiyue.library.catalogue.announcements import RELATIONS_CHANGED
        from jiyue.library.use.announcements import PICKS_CHANGED
        from jiyue.publishing import reconcile, tasks  # noqa: F401
        from jiyue.publishing.mourning import follow_mourning
        from jiyue.publishing.services import (
            place_edition,
            place_picks,
            refresh_changed_site,
            show_relations,
            take_down,
        )
        from jiyue.sites.announcements import MOURNING_CHANGED, SITE_CHANGED

        EDITION_RELEASED.listen(place_edition)
        RESOURCE_WITHDRAWN.listen(take_down)
        RELATIONS_CHANGED.listen(show_relations)
        PICKS_CHANGED.listen(place_picks)
        SITE_CHANGED.listen(refresh_changed_site)
        MOURNING_CHANGED.listen(follow_mourning)
