from django.apps import AppConfig


class WorkConfig(AppConfig):
    name = "jiyue.publishing.work"
    label = "publishing_work"

    def ready(self) -> None:
        """Listen to the library and register what the worker can be asked for."""
        from jiyue.library.announcements import EDITION_RELEASED, ITEM_IS_OUT, RESOURCE_WITHDRAWN
        from jiyue.publishing.work import forgetting, planning, steps
        from jiyue.publishing.work.batches import open_release_batch
        from jiyue.publishing.work.timing import ask_to_measure, start_measuring
        from jiyue.review.announcements import CASE_CLOSED
        from jiyue.review.release_moments import HOLDS

        steps.register()
        forgetting.register()
        HOLDS.register("publishing", planning.hold_for_plan)
        CASE_CLOSED.listen(open_release_batch)
        CASE_CLOSED.listen(planning.end_plan)
        RESOURCE_WITHDRAWN.listen(planning.cancel_for_withdrawal)
        EDITION_RELEASED.listen(start_measuring)
        ITEM_IS_OUT.listen(ask_to_measure)
