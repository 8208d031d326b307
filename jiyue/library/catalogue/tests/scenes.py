"""Small scenes that several tests of the catalogue play."""

from datetime import date

from jiyue.core import outbox
from jiyue.library.catalogue.enums import SourceKind
from jiyue.library.catalogue.services import SourceEntry, enter_source
from jiyue.library.checks import Moment, Remark, run_checks
from jiyue.library.content import Relation, ResourceContent
from jiyue.library.models import Resource
from jiyue.library.selectors import get_content
from jiyue.policy.selectors import PolicyValue, Rules, read_rules
from tests.factories import World

DOCUMENT = {
    "kind": "policy_document",
    "title": "云亭市电子政务管理办法",
    "document_number": "云政发〔2026〕1号",
    "issuing_body": "云亭市人民政府",
    "written_on": date(2026, 1, 5),
    "validity_status": "valid",
}


def document(world: World, **values: object) -> Resource:
    """A published policy document."""
    return world.publish(**{**DOCUMENT, **values})


def amending(world: World, target: Resource, kind: str = "repeals", **values: object) -> Resource:
    """A published document that changes another one."""
    relation = Relation(kind, target.pk, "", str(values.pop("effective_on", "")))
    defaults = {"title": "关于废止部分文件的决定", "document_number": "云政发〔2026〕2号"}
    return document(world, relations=(relation,), **{**defaults, **values})


def remarks(world: World, moment: Moment = Moment.SUBMISSION, rules: Rules | None = None, **values: object):
    """What the checks say about a draft of unit A."""
    resource = world.draft(**values)
    return said(resource, world, moment, rules)


def said(
    resource: Resource, world: World, moment: Moment = Moment.SUBMISSION, rules: Rules | None = None
) -> list[Remark]:
    """What the checks say about an item's newest state."""
    content: ResourceContent = get_content(resource)
    return run_checks(resource, content, unit=world.unit_a, moment=moment, rules=rules)


def fields_of(found: list[Remark], *, blocking: bool = True) -> set[str]:
    """The fields that remarks name."""
    return {remark.field for remark in found if remark.is_blocking is blocking}


def source(world: World, name: str, kind: SourceKind = SourceKind.GOVERNMENT, **values: object):
    """A listed source."""
    defaults: dict[str, object] = {"listed_from": date(2020, 1, 1)}
    entry = SourceEntry(name=name, kind=kind, **{**defaults, **values})  # type: ignore[arg-type]
    return enter_source(entry=entry, actor=world.manager)


class Saying:
    """Policy values of a unit with some of them said otherwise."""

    def __init__(self, world: World, **said: str):
        self._rules = read_rules(world.unit_a)
        self._said = {key.replace("__", "."): value for key, value in said.items()}

    def value(self, key: str) -> PolicyValue:
        """The value in force."""
        if key in self._said:
            return PolicyValue(key=key, value=self._said[key], unit="choice", origin="X", clause="试行办法")
        return self._rules.value(key)

    def __getattr__(self, name: str) -> object:
        return getattr(self._rules, name)


def settle() -> None:
    """Carry out all side effects."""
    outbox.drain()
