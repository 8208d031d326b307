"""A process of its own that writes, approves and withdraws; started by `tests/test_crash.py`.

It reads one command a line and answers when the change is committed, which is
what "acknowledged" means: from then on the platform owes the publication.

    publish TITLE   -> published RESOURCE_ID
    batch TITLE…    -> published RESOURCE_ID RESOURCE_ID…
    correct ID TITLE -> corrected RESOURCE_ID
    withdraw ID     -> withdrawn RESOURCE_ID
    menu NAME       -> changed NAME (a new menu on both sites: a batch of all their pages)
    rebuild         -> rebuilding (a batch of everything on both sites)
"""

import os
import sys
from collections.abc import Sequence

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiyue.config.settings.backoffice")
django.setup()

from jiyue.library.enums import WithdrawalReason  # noqa: E402
from jiyue.library.models import Resource  # noqa: E402
from jiyue.library.selectors import get_content, get_current_revision  # noqa: E402
from jiyue.library.services import (  # noqa: E402
    save_revision,
    submit_batch,
    submit_for_review,
    withdraw_resource,
)
from jiyue.publishing.services import refresh_changed_site  # noqa: E402
from jiyue.publishing.work.rebuilding import open_rebuild  # noqa: E402
from jiyue.sites.models import Channel  # noqa: E402
from tests.factories import World, make_channel, note_correction  # noqa: E402


class Author:
    """Everybody who acts, and what they are told to do."""

    def __init__(self) -> None:
        self.world = World()
        for needed in ("author", "lead", "leader", "news", "county_news"):
            getattr(self.world, needed)

    def obey(self, line: str) -> str:
        """Carry out one command; return the answer."""
        verb, *words = line.split()
        return str(getattr(self, verb)(*words))

    def publish(self, title: str) -> str:
        """Publish one item."""
        case = self.world.submitted(title=title, body_html=f"<p>{title}的正文。</p>")
        self.world.decide_all(case)
        return f"published {case.items.get().subject_key}"

    def batch(self, *titles: str) -> str:
        """Publish several items in one batch case."""
        resources = [self.world.draft(title=title, body_html=f"<p>{title}的正文。</p>") for title in titles]
        case = submit_batch(resources=resources, title="批量", actor=self.world.author)
        self.world.decide_all(case)
        return "published " + " ".join(str(resource.pk) for resource in resources)

    def correct(self, resource_id: str, title: str) -> str:
        """Publish a corrected edition, as soon as the item isn't waiting for its release any more."""
        resource = Resource.objects.get(pk=resource_id)
        if not resource.is_editable:
            return f"waiting {resource_id}"
        save_revision(
            resource=resource,
            content=get_content(resource).with_values(title=title, body_html=f"<p>{title}的正文。</p>"),
            base_number=get_current_revision(resource).number,
            actor=self.world.author,
        )
        resource.refresh_from_db()
        note_correction(resource, self.world.author)
        self.world.decide_all(submit_for_review(resource=resource, actor=self.world.author))
        return f"corrected {resource_id}"

    def withdraw(self, resource_id: str) -> str:
        """Take an item down, if it is public by now."""
        resource = Resource.objects.get(pk=resource_id)
        if not hasattr(resource, "live"):
            return f"waiting {resource_id}"
        withdraw_resource(
            resource=resource,
            reason_type=WithdrawalReason.WRONG_CONTENT,
            reason="内容有误",
            actor=self.world.leader,
        )
        return f"withdrawn {resource_id}"

    def menu(self, name: str) -> str:
        """Open a channel on both sites, so that every page looks different."""
        for site in (self.world.portal, self.world.county):
            make_channel(site, f"c{Channel.objects.count()}", self.world.unit_a, name=name)
            refresh_changed_site(site.pk)
        return f"changed {name}"

    def rebuild(self) -> str:
        """Have both sites written anew."""
        for site in (self.world.portal, self.world.county):
            open_rebuild(site_id=site.pk)
        return "rebuilding"


def main(lines: Sequence[str]) -> None:
    """Obey until the input ends."""
    author = Author()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in lines:
        sys.stdout.write(author.obey(line) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.stdin)  # type: ignore[arg-type]  # a file is read line by line
