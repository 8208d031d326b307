"""The tools under `tools/` and the trace of requirements."""

import json
import subprocess
import sys
from types import SimpleNamespace

import polib
import pytest

from tests.plumbing import trace as plugin
from tests.plumbing.services import ROOT
from tools import messages, trace

pytestmark = pytest.mark.unit


def texts(found):
    return {(context, text, plural) for _, (context, text), plural in found}


def test_texts_are_found_in_python():
    source = (
        'a = _("Save")\nb = ngettext("one", "%(n)s many", n)\nc = pgettext("verb", "Open")\nd = _(name)\n'
        'e = field(gettext_lazy("two " "parts"))\n'
    )
    assert texts(messages.from_python(source)) == {
        (None, "Save", ""),
        (None, "one", "%(n)s many"),
        ("verb", "Open", ""),
        (None, "two parts", ""),
    }


def test_texts_are_found_in_django_templates():
    source = (
        """{% load i18n %}<p title="{% translate 'Title (short)' %}">\n"""
        "{% blocktranslate with name=x %}Hello\n{{ name }}, it's{% endblocktranslate %}</p>\n"
        "{% blocktranslate count n=rows %}one row{% plural %}{{ n }} rows{% endblocktranslate %}\n"
        """{{ _("In a variable")|upper }}{% translate "Open" context "verb" %}"""
    )
    assert texts(messages.from_django_template(source)) == {
        (None, "Title (short)", ""),
        (None, "Hello\n%(name)s, it's", ""),
        (None, "one row", "%(n)s rows"),
        (None, "In a variable", ""),
        ("verb", "Open", ""),
    }


def test_texts_are_found_in_jinja_templates():
    source = (
        "{{ _('Search') }}{% trans n=count %}one hit{% pluralize %}{{ n }} hits{% endtrans %}{{ _(name) }}"
    )
    assert texts(messages.from_jinja_template(source)) == {
        (None, "Search", ""),
        (None, "one hit", "%(n)s hits"),
    }


@pytest.fixture
def catalogue(tmp_path, monkeypatch):
    package = tmp_path / "jiyue"
    (package / "room").mkdir(parents=True)
    (package / "room" / "views.py").write_text('A = _("Hello %(name)s")\nB = _("Bye")\n', "utf-8")
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    monkeypatch.setattr(messages, "PACKAGE", package)
    monkeypatch.setattr(messages, "CATALOGUE", package / "locale" / "django.po")
    return messages.CATALOGUE


def fragment(tmp_path, **entries):
    file = polib.POFile()
    for text, translation in entries.items():
        file.append(polib.POEntry(msgid=text, msgstr=translation))
    path = tmp_path / "fragment.po"
    file.save(str(path))
    return path


def test_update_takes_translations_from_fragments(catalogue, tmp_path, capsys):
    path = fragment(tmp_path, **{"Hello %(name)s": "你好，%(name)s", "Bye": "再见", "Old": "旧"})
    assert messages.main(["update", str(path)]) == 0
    assert {entry.msgid: entry.msgstr for entry in polib.pofile(str(catalogue))} == {
        "Hello %(name)s": "你好，%(name)s",
        "Bye": "再见",
    }
    assert "2 texts, 0 faults" in capsys.readouterr().out


def test_check_names_what_is_not_translated(catalogue, tmp_path, capsys):
    path = fragment(tmp_path, **{"Hello %(name)s": "你好，%(nmae)s"})
    assert messages.main(["update", str(path)]) == 1
    printed = capsys.readouterr().out
    assert "'Bye' is not translated" in printed
    assert "has other placeholders: %(name)s, %(nmae)s" in printed


def test_compiled_catalogue_translates(catalogue, tmp_path):
    messages.main(["update", str(fragment(tmp_path, Bye="再见"))])
    assert messages.main(["compile", str(catalogue)]) == 0
    compiled = polib.mofile(str(catalogue.with_suffix(".mo")))
    assert [entry.msgstr for entry in compiled if entry.msgid == "Bye"] == ["再见"]


def test_all_requirements_of_the_document_are_known():
    known = plugin.known_requirements()
    assert len(known) == len(set(known)) == 304
    assert sum(len(ids) for ids in trace.areas().values()) == 304


def test_only_passed_tests_prove_requirements():
    def entry(outcome):
        return {"outcome": outcome, "requirements": ["REV-01"]}

    runs = [
        {"a": entry("passed"), "b": entry("passed"), "c": entry("open")},
        {"a": entry("passed"), "b": entry("failed")},
    ]
    assert plugin.merge_outcomes(runs) == {"REV-01": ["a"]}
    assert plugin.merge_outcomes([{"c": entry("open")}]) == {}


def test_unknown_requirement_fails_the_test():
    def item(name):
        return SimpleNamespace(iter_markers=lambda kind: [pytest.mark.req(name).mark])

    plugin.pytest_runtest_setup(item("REV-01"))
    with pytest.raises(pytest.fail.Exception, match="REV-999"):
        plugin.pytest_runtest_setup(item("REV-999"))


@pytest.mark.parametrize(
    ("outcome", "expected"), [("passed", ["a.py::test_x"]), ("failed", None), ("skipped", None)]
)
def test_recorder_writes_what_passed(tmp_path, monkeypatch, outcome, expected):
    monkeypatch.setattr(plugin, "BUILD", tmp_path)
    recorder = plugin.TraceRecorder("sqlite")
    for when in ("setup", "call", "teardown"):
        result = outcome if when == "call" else "passed"
        recorder.pytest_runtest_logreport(
            SimpleNamespace(
                nodeid="a.py::test_x",
                when=when,
                failed=result == "failed",
                passed=result == "passed",
                user_properties=[("jiyue-requirement", "REV-01")],
            )
        )
    recorder.pytest_sessionfinish()
    assert json.loads((tmp_path / "trace.json").read_text("utf-8")).get("REV-01") == expected


def test_trace_prints_areas_requirements_and_totals():
    lines = trace.report(
        {"REV-01": ["jiyue/review/tests/test_services.py::TestCase::test_three_people[sqlite]"]}
    )
    assert "Review & publication" in lines
    assert "  REV-01 proven test_three_people[sqlite]" in lines
    assert "  REV-04 open" in lines
    assert lines[-1].split() == ["Total", "1", "of", "304", "proven,", "303", "open"]


def test_a_suitable_python_is_found():
    found = subprocess.run([ROOT / "tools" / "find-python"], capture_output=True, text=True, check=True)
    version = subprocess.run(
        [found.stdout.strip(), "-c", "import sys; print(sys.version_info >= (3, 11))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert version.stdout.strip() == "True"


def test_no_suitable_python_is_explained(tmp_path):
    shell = "/bin/sh"
    result = subprocess.run(
        [shell, ROOT / "tools" / "find-python"],
        env={"PATH": str(tmp_path), "PYTHON": "python3.9"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "Python 3.11 or newer" in result.stderr
    assert sys.executable not in result.stdout
