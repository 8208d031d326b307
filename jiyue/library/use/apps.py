from django.apps import AppConfig


class UseConfig(AppConfig):
    name = "jiyue.library.use"
    label = "library_use"

    def ready(self) -> None:
        """Register checks and files, and listen to releases."""
        from jiyue.library.announcements import EDITION_RELEASED, RESOURCE_WITHDRAWN
        from jiyue.library.checks import CHECKS
        from jiyue.library.use import carrying, corrections, dates, manuscripts, offers, picks

        CHECKS.register("use.correction", corrections.check_correction)
        CHECKS.register("use.manuscript", manuscripts.check_manuscript)
        manuscripts.register()
        carrying.register()
        EDITION_RELEASED.listen(corrections.close_corrections)
        EDITION_RELEASED.listen(dates.watch_dates)
        EDITION_RELEASED.listen(offers.offer_edition)
        RESOURCE_WITHDRAWN.listen(picks.end_withdrawn)
