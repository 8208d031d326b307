"""Uploads against a real clamd, and what happens while it is away (SEC-06)."""

import socket
import threading
from io import BytesIO

import pytest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiyue.core import files, virus_scan
from jiyue.core.audit import PLATFORM
from jiyue.core.models import AuditEntry, PrivateFile, ScanState, ScheduledJob
from jiyue.core.registries import Registry
from jiyue.core.tests import clamd
from tests.plumbing.processes import PATIENCE_SECONDS, join

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


@pytest.fixture(scope="session")
def scanner(tmp_path_factory):
    with clamd.running(tmp_path_factory.mktemp("clamd"), max_bytes=1024 * 1024) as address:
        yield address


@pytest.fixture
def purposes(monkeypatch):
    registry = Registry("purposes of private files")
    registry.register("letter", files.Purpose(_("letter"), lambda file, actor: True))
    monkeypatch.setattr(files, "PURPOSES", registry)


def store(data, name="通知.txt"):
    return files.store_file(data=data, original_name=name, purpose="letter", unit_id=None, actor=PLATFORM)


@pytest.mark.req("SEC-06")
def test_a_real_scanner_tells_clean_from_infected(scanner, settings):
    settings.JIYUE_CLAMD = scanner
    assert virus_scan.ask_version().startswith("ClamAV")
    assert virus_scan.scan("会议通知".encode()).state == ScanState.CLEAN
    found = virus_scan.scan(BytesIO(clamd.EICAR))
    assert (found.state, found.note) == (ScanState.INFECTED, f"{clamd.SIGNATURE}.UNOFFICIAL")
    assert virus_scan.scan(b"x" * 900_000 + clamd.EICAR).state == ScanState.INFECTED


def test_a_file_over_the_scanner_s_limit_is_called_not_scanned(scanner, settings):
    settings.JIYUE_CLAMD = scanner
    verdict = virus_scan.scan(b"x" * 3_000_000)
    assert verdict.state == ScanState.NOT_SCANNED
    assert "size limit" in verdict.note


@pytest.mark.req("SEC-06")
def test_an_infected_private_file_is_refused_and_nothing_of_it_stays(db, scanner, settings, purposes):
    settings.JIYUE_CLAMD = scanner
    with pytest.raises(virus_scan.InfectedFile) as refusal, virus_scan.recording_afterwards():
        store(clamd.EICAR)
    assert refusal.value.fix
    assert not PrivateFile.objects.exists()
    assert not [path for path in settings.JIYUE_PRIVATE_DIR.rglob("*") if path.is_file()]
    assert AuditEntry.objects.get(verb="upload.infected").subject_type == "upload"
    assert store(PDF, "a.pdf").scan_state == ScanState.CLEAN


def test_what_came_in_while_the_scanner_was_away_is_scanned_when_it_is_back(
    db, scanner, settings, purposes, monkeypatch
):
    stores = Registry("stores of scanned files")
    stores.register("x", virus_scan.ScannedStore(_("x"), dict, files._rescan))
    monkeypatch.setattr(virus_scan, "STORES", stores)
    settings.JIYUE_CLAMD = f"{scanner}.gone"
    clean, bad = store(PDF, "a.pdf"), store(clamd.EICAR)
    assert clean.scan_state == bad.scan_state == ScanState.NOT_SCANNED
    assert gettext("the scanner doesn't answer") in bad.scan_note
    assert list(virus_scan.rescan_stores()) == []  # still away
    settings.JIYUE_CLAMD = scanner
    list(virus_scan.rescan_stores())
    clean.refresh_from_db()
    bad.refresh_from_db()
    assert (clean.scan_state, bad.scan_state) == (ScanState.CLEAN, ScanState.INFECTED)
    assert AuditEntry.objects.get(verb="upload.infected").subject_id == str(bad.pk)
    with pytest.raises(files.FileDamaged):
        files.open_file(file=bad, actor=PLATFORM)
    assert files.open_file(file=clean, actor=PLATFORM) == PDF


@pytest.mark.unit
def test_without_a_scanner_nothing_is_called_clean(settings):
    settings.JIYUE_CLAMD = ""
    assert virus_scan.scan(b"x").state == ScanState.NOT_SCANNED
    assert virus_scan.ask_version() == ""
    settings.JIYUE_CLAMD = "tcp://127.0.0.1:1"
    assert virus_scan.scan(b"x").state == ScanState.NOT_SCANNED


@pytest.mark.unit
@pytest.mark.parametrize("reply", [b"", b"UNKNOWN COMMAND\0", b"stream: OK but\0", b"\xff\xfe\0"])
def test_an_answer_that_is_not_understood_never_means_clean(settings, reply):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(1)
        server.settimeout(PATIENCE_SECONDS)
        settings.JIYUE_CLAMD = f"tcp://127.0.0.1:{server.getsockname()[1]}"

        def answer():
            peer, _address = server.accept()
            with peer:
                peer.recv(65536)
                peer.sendall(reply)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        assert virus_scan.scan(b"x").state == ScanState.NOT_SCANNED
        join(thread)


def test_a_manager_brings_the_rescan_forward_with_an_entry(db):
    virus_scan.ask_rescan(actor=PLATFORM)
    assert ScheduledJob.objects.filter(name=virus_scan.RESCAN_JOB).exists()
    assert AuditEntry.objects.filter(verb="upload.rescan_asked").exists()
