"""What is asked of an item before review and again before release.

Each check is a function registered by name: the text checks, the source list,
the taxonomies, the manuscript… Adding one touches nothing here. Reasons stop
the item; advice is shown to the clerk and to the reviewers and stops nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import cached_property

from jiyue.core.errors import Text
from jiyue.core.registries import Registry
from jiyue.library.content import ResourceContent
from jiyue.library.models import Resource
from jiyue.library.richtext import html_to_text
from jiyue.organizations.models import Organization
from jiyue.policy.selectors import Rules, read_rules


class Moment(StrEnum):
    """When a check runs."""

    SUBMISSION = "submission"
    RELEASE = "release"


@dataclass(frozen=True)
class Remark:
    """One thing a check found.

    Attributes:
        text: What, in plain words.
        is_blocking: Whether it stops the item; otherwise it is advice.
        field: Content field it belongs to, if any.
        clause: Where the regulation says so.
    """

    text: Text
    is_blocking: bool = True
    field: str = ""
    clause: str = ""


class Checked:
    """One state of one item, with what checks ask about it; nothing is read twice.

    Attributes:
        resource: The item.
        content: The state.
        unit: Its unit.
        rules: The unit's policy values; read once for a whole batch.
        moment: Before review or before release.
    """

    def __init__(
        self, resource: Resource, content: ResourceContent, unit: Organization, rules: Rules, moment: Moment
    ):
        self.resource = resource
        self.content = content
        self.unit = unit
        self.rules = rules
        self.moment = moment

    @cached_property
    def text(self) -> str:
        """The body as plain text."""
        return html_to_text(self.content.body_html)


Check = Callable[[Checked], Sequence[Remark]]
CHECKS: Registry[Check] = Registry("checks of items")


def run_checks(
    resource: Resource,
    content: ResourceContent,
    *,
    unit: Organization,
    moment: Moment,
    rules: Rules | None = None,
) -> list[Remark]:
    """Everything that the registered checks say about a state, blocking remarks first.

    Args:
        resource: The item.
        content: The state in question.
        unit: The item's unit.
        moment: Before review or before release.
        rules: The unit's policy values, where the caller has read them already.
    """
    checked = Checked(resource, content, unit, rules or read_rules(unit), moment)
    remarks = list(_remarks(checked))
    return sorted(remarks, key=lambda remark: not remark.is_blocking)


def _remarks(checked: Checked) -> Iterator[Remark]:
    for _name, check in CHECKS:
        yield from check(checked)
