"""Translation catalogues without gettext's own tools.

compile FILE.po…        write FILE.mo beside each
check                   every text of the code has its Chinese translation
update [FRAGMENT.po…]   add new texts to the catalogue, drop unused ones, take translations from fragments
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polib
from django.utils.translation.template import templatize
from jinja2 import Environment
from jinja2.ext import extract_from_ast

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "jiyue"
CATALOGUE = PACKAGE / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
HEADER = {
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Language": "zh_Hans",
    "MIME-Version": "1.0",
    "Plural-Forms": "nplurals=1; plural=0;",
}

# function -> positions of context, singular and plural among its arguments
_SIMPLE = (None, 0, None)
_FUNCTIONS: dict[str, tuple[int | None, int, int | None]] = {
    "_": _SIMPLE,
    "gettext": _SIMPLE,
    "gettext_lazy": _SIMPLE,
    "gettext_noop": _SIMPLE,
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
_CALL = re.compile(r"\b(?:" + "|".join(sorted(_FUNCTIONS, key=len, reverse=True)) + r")\(")
_PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|\{\w*\}|%[sd]")

Key = tuple[str | None, str]  # context, msgid


@dataclass
class Message:
    """One text of the code and where it stands."""

    plural: str = ""
    places: list[tuple[str, int]] = field(default_factory=list)


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _calls(tree: ast.AST) -> Iterator[tuple[int, Key, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if function not in _FUNCTIONS:
            continue
        context_at, singular_at, plural_at = _FUNCTIONS[function]
        texts = [_text(argument) for argument in node.args]
        if len(texts) <= singular_at or texts[singular_at] is None:
            continue
        context = texts[context_at] if context_at is not None else None
        plural = texts[plural_at] or "" if plural_at is not None else ""
        yield node.lineno, (context, str(texts[singular_at])), plural


def from_python(source: str) -> Iterator[tuple[int, Key, str]]:
    """Yield line, key and plural of every text in Python code."""
    yield from _calls(ast.parse(source))


def from_django_template(source: str) -> Iterator[tuple[int, Key, str]]:
    """Yield the texts of a Django template."""
    code = templatize(source)
    for match in _CALL.finditer(code):
        line = code.count("\n", 0, match.start()) + 1
        for end in re.finditer(r"\)", code[match.start() :]):
            try:
                tree = ast.parse(code[match.start() : match.start() + end.end()].strip())
            except SyntaxError:
                continue
            yield from ((line, key, plural) for _, key, plural in _calls(tree))
            break


def from_jinja_template(source: str) -> Iterator[tuple[int, Key, str]]:
    """Yield the texts of a Jinja template."""
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    for line, function, texts in extract_from_ast(environment.parse(source)):
        context_at, singular_at, plural_at = _FUNCTIONS[function]
        parts = texts if isinstance(texts, tuple) else (texts,)
        context = parts[context_at] if context_at is not None else None
        singular = parts[singular_at]
        if singular is not None:
            yield line, (context, singular), (parts[plural_at] or "") if plural_at is not None else ""


def _extractor(path: Path) -> Callable[[str], Iterator[tuple[int, Key, str]]]:
    if path.suffix == ".py":
        return from_python
    return from_jinja_template if {"themes", "jinja2"} & set(path.parts) else from_django_template


def _sources() -> Iterator[Path]:
    for path in sorted(PACKAGE.rglob("*")):
        parts = set(path.relative_to(PACKAGE).parts)
        is_code = path.suffix == ".py" and not parts & {"tests", "migrations"}
        is_template = "templates" in parts and path.suffix in {".html", ".txt", ".xml", ".j2"}
        if path.is_file() and (is_code or is_template):
            yield path


def extract() -> dict[Key, Message]:
    """Return every translatable text of the package."""
    messages: dict[Key, Message] = {}
    for path in _sources():
        place = path.relative_to(ROOT).as_posix()
        for line, key, plural in _extractor(path)(path.read_text(encoding="utf-8")):
            if key[1]:
                message = messages.setdefault(key, Message())
                message.plural = message.plural or plural
                message.places.append((place, line))
    return messages


def _entries(path: Path) -> dict[Key, polib.POEntry]:
    if not path.exists():
        return {}
    return {(entry.msgctxt, entry.msgid): entry for entry in polib.pofile(str(path)) if not entry.obsolete}


def _translations(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def _faults_of(key: Key, message: Message, entry: polib.POEntry | None) -> Iterator[str]:
    if entry is None:
        yield "is missing"
        return
    if entry.fuzzy:
        yield "is fuzzy"
    if message.plural and not entry.msgid_plural:
        yield "has no plural"
    for text in _translations(entry):
        if not text:
            yield "is not translated"
        allowed = set(_PLACEHOLDER.findall(key[1])) | set(_PLACEHOLDER.findall(message.plural))
        wrong = set(_PLACEHOLDER.findall(text)) - allowed
        lost = set() if message.plural else allowed - set(_PLACEHOLDER.findall(text))
        if text and (wrong or lost):
            yield f"has other placeholders: {', '.join(sorted(wrong | lost))}"


def check() -> int:
    """Name every text without a usable translation; return the exit status."""
    messages, entries = extract(), _entries(CATALOGUE)
    faults = [
        f"{message.places[0][0]}:{message.places[0][1]}: {key[1]!r} {fault}"
        for key, message in messages.items()
        for fault in _faults_of(key, message, entries.get(key))
    ]
    faults += [f"{CATALOGUE.name}: {key[1]!r} is used nowhere" for key in entries.keys() - messages.keys()]
    for fault in faults:
        print(fault)
    print(f"translations: {len(messages)} texts, {len(faults)} faults")
    return 1 if faults else 0


def _updated_entry(key: Key, message: Message, known: polib.POEntry | None) -> polib.POEntry:
    entry = polib.POEntry(msgctxt=key[0], msgid=key[1], occurrences=[(message.places[0][0], "")])
    translations = _translations(known) if known is not None else [""]
    if message.plural:
        entry.msgid_plural = message.plural
        entry.msgstr_plural = {0: translations[0]}
    else:
        entry.msgstr = translations[0]
    return entry


def update(fragments: list[Path]) -> int:
    """Rewrite the catalogue from the code; fragments add translations it lacks."""
    known: dict[Key, polib.POEntry] = {}
    for path in [*fragments, CATALOGUE]:
        known |= {key: entry for key, entry in _entries(path).items() if any(_translations(entry))}
    catalogue = polib.POFile(wrapwidth=100)
    catalogue.metadata = HEADER
    for key, message in sorted(extract().items(), key=lambda item: item[1].places[0]):
        catalogue.append(_updated_entry(key, message, known.get(key)))
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    catalogue.save(str(CATALOGUE))
    return check()


def main(arguments: list[str]) -> int:
    """Run the command line."""
    match arguments:
        case ["compile", *names] if names:
            for name in names:
                polib.pofile(name).save_as_mofile(str(Path(name).with_suffix(".mo")))
            return 0
        case ["check"]:
            return check()
        case ["update", *names]:
            return update([Path(name) for name in names])
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
