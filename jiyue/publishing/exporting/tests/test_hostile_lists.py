"""The list of files in somebody's export: nothing of it is kept before its digest is known to be signed."""

import json

import pytest

from jiyue.core import crypto
from jiyue.publishing.exporting import sources
from jiyue.publishing.exporting.layout import FILES, ImportRefused
from jiyue.publishing.exporting.sources import FolderSource

LINE = json.dumps({"path": "pages/index.html", "size": 1, "sm3": "0" * 64}).encode() + b"\n"


def test_list_that_nobody_signed_is_refused_before_a_line_of_it_is_read(tmp_path, monkeypatch):
    (tmp_path / FILES).write_bytes(LINE * 1_000)
    monkeypatch.setattr(sources, "_parsed", lambda line: pytest.fail("a line was read"))
    with pytest.raises(ImportRefused):
        sources._read_list(FolderSource(tmp_path), {"files_sm3": crypto.sm3_hex(LINE)})


def test_list_longer_than_any_site_needs_is_refused(tmp_path, monkeypatch):
    (tmp_path / FILES).write_bytes(LINE * 1_000)
    monkeypatch.setattr(sources, "MAX_LIST_BYTES", 10_000)
    with pytest.raises(ImportRefused):
        sources._read_list(FolderSource(tmp_path), {"files_sm3": crypto.sm3_hex(LINE * 1_000)})
