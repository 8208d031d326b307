"""Important and sensitive data lie encrypted, under keys that can be changed (SEC-07)."""

import io

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.core.management import call_command
from django.db import connection
from django.utils.translation import gettext_lazy as _

from jiyue.core import at_rest, files
from jiyue.core.audit import PLATFORM
from jiyue.core.crypto import UnreadableCiphertext
from jiyue.core.models import AuditEntry, PrivateFile
from jiyue.core.registries import Registry

PDF = b"%PDF-1.4\n1 0 obj\n<</Title(SECRETCONTRACT)>>\nendobj\n%%EOF\n"


@pytest.fixture
def keys(tmp_path, settings):
    settings.JIYUE_KEY_DIR = tmp_path / "keys"
    return at_rest.ensure_key()


@pytest.fixture
def purposes(monkeypatch):
    registry = Registry("purposes of private files")
    registry.register("register", files.Purpose(_("contract"), lambda file, actor: True))
    monkeypatch.setattr(files, "PURPOSES", registry)


def store(name="合同.pdf", data=PDF):
    return files.store_file(data=data, original_name=name, purpose="register", unit_id=None, actor=PLATFORM)


def stored_bytes(settings):
    return b"".join(path.read_bytes() for path in settings.JIYUE_PRIVATE_DIR.rglob("*") if path.is_file())


def test_sealed_bytes_open_only_unchanged_at_their_place_and_with_their_key(keys, settings, tmp_path):
    sealed = at_rest.seal(b"secret", place="a")
    assert at_rest.unseal(sealed, place="a") == b"secret"
    assert at_rest.key_id_of(sealed) == keys == "0001"
    assert at_rest.seal(b"secret", place="a") != sealed
    assert b"secret" not in sealed
    for broken in (sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[:20], b"secret"):
        with pytest.raises(UnreadableCiphertext):
            at_rest.unseal(broken, place="a")
    with pytest.raises(UnreadableCiphertext):
        at_rest.unseal(sealed, place="b")
    settings.JIYUE_KEY_DIR = tmp_path / "other"
    with pytest.raises(FileNotFoundError):
        at_rest.unseal(sealed, place="a")
    with pytest.raises(FileNotFoundError):
        at_rest.seal(b"x", place="a")


def test_keys_are_for_their_owner_only_and_old_ones_still_open(keys, settings):
    old = at_rest.seal_text("电话", place="t.c")
    assert (settings.JIYUE_KEY_DIR / "storage-0001.sm4").stat().st_mode & 0o777 == 0o600
    assert at_rest.create_key() == at_rest.current_key_id() == "0002"
    assert at_rest.key_id_of(at_rest.seal(b"x", place="")) == "0002"
    assert at_rest.unseal_text(old, place="t.c") == "电话"
    assert at_rest.seal_text("", place="t.c") == ""
    assert at_rest.unseal_text("from before", place="t.c") == "from before"


@pytest.mark.req("SEC-12")
def test_the_chosen_algorithm_encrypts_and_what_the_other_encrypted_stays_readable(
    db, keys, purposes, settings
):
    old_text, old_file = at_rest.seal_text("电话", place="t.c"), store()
    (old_path,) = settings.JIYUE_PRIVATE_DIR.rglob("*.sealed")
    assert old_path.read_bytes().startswith(b"JYSM4")
    settings.JIYUE_CRYPTO = "international"
    with pytest.raises(FileNotFoundError, match="make_keys"):
        at_rest.seal(b"x", place="")
    assert at_rest.ensure_key() == at_rest.ensure_key() == "0002"
    assert {path.name: path.stat().st_size for path in settings.JIYUE_KEY_DIR.iterdir()} == {
        "storage-0001.sm4": 16,
        "storage-0002.aes": 32,
    }
    new_text = at_rest.seal_text("电话", place="t.c")
    assert (old_text[:6], new_text[:6]) == ("jysm4:", "jyaes:")
    assert files.read_file(old_file) == PDF
    call_command("storage_keys", "--reseal", stdout=io.StringIO())
    assert old_path.read_bytes().startswith(b"JYAES0002")
    old_file.refresh_from_db()
    for choice in ("international", "national"):
        settings.JIYUE_CRYPTO = choice
        assert files.read_file(old_file) == PDF
        assert {at_rest.unseal_text(text, place="t.c") for text in (old_text, new_text)} == {"电话"}
    assert at_rest.seal(b"x", place="").startswith(b"JYSM40001")


@pytest.mark.req("SEC-12")
def test_stored_bytes_open_with_the_standards_own_algorithms(keys, settings):
    """Nothing of our own lies between: GB/T 32907 (SM4) and FIPS 197 (AES), both in Galois/Counter Mode."""
    for choice, cipher in (("national", algorithms.SM4), ("international", algorithms.AES256)):
        settings.JIYUE_CRYPTO = choice
        at_rest.ensure_key()
        sealed = at_rest.seal("机密".encode(), place="here")
        (key,) = settings.JIYUE_KEY_DIR.glob(f"storage-{sealed[5:9].decode()}.*")
        opener = Cipher(cipher(key.read_bytes()), modes.GCM(sealed[9:21], sealed[21:37])).decryptor()
        opener.authenticate_additional_data(b"here")
        assert (opener.update(sealed[37:]) + opener.finalize()).decode() == "机密"


@pytest.mark.req("SEC-07")
def test_private_files_of_important_purposes_lie_encrypted_and_name_their_key(db, keys, purposes, settings):
    file = store()
    assert file.key_id == "0001"
    assert b"SECRETCONTRACT" not in stored_bytes(settings)
    assert files.read_file(file) == PDF
    assert files.open_file(file=file, actor=PLATFORM) == PDF


def test_a_changed_sealed_file_is_noticed(db, keys, purposes, settings):
    file = store()
    (path,) = [path for path in settings.JIYUE_PRIVATE_DIR.rglob("*") if path.is_file()]
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(files.FileDamaged):
        files.read_file(file)
    store("again.pdf")
    assert files.read_file(file) == PDF


@pytest.mark.req("SEC-07")
def test_rotation_encrypts_everything_anew_also_what_lay_plain(db, keys, purposes, settings, monkeypatch):
    first, twin = store("a.pdf"), store("b.pdf")
    other = b"%PDF-1.4\nplain from before\n%%EOF\n"
    with monkeypatch.context() as before:
        before.setattr(files, "is_encrypted_purpose", lambda purpose: False)
        plain = store("c.pdf", other)
    assert (plain.key_id, b"plain from before" in stored_bytes(settings)) == ("", True)
    out = io.StringIO()
    call_command("storage_keys", "--rotate", stdout=out)
    assert set(PrivateFile.objects.values_list("key_id", flat=True)) == {"0002"}
    assert b"plain from before" not in stored_bytes(settings)
    (settings.JIYUE_KEY_DIR / "storage-0001.sm4").unlink()
    at_rest._key.cache_clear()
    for file, data in ((first, PDF), (twin, PDF), (plain, other)):
        file.refresh_from_db()
        assert files.read_file(file) == data
    assert AuditEntry.objects.filter(verb="storage.resealed").exists()
    assert "0002" in out.getvalue()


@pytest.mark.req("SEC-07")
def test_what_citizens_write_lies_encrypted_in_the_database(db, keys):
    from django.utils import timezone  # noqa: PLC0415

    from jiyue.interaction.models import CorrectionReport  # noqa: PLC0415
    from tests.factories import World  # noqa: PLC0415

    report = CorrectionReport.objects.create(
        submission_id="0" * 31 + "1",
        site=World().portal,
        text="办公室电话写错了",
        contact="13800001234",
        code_hash="x",
        received_at=timezone.now(),
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT text, contact FROM interaction_correctionreport")
        stored = "".join(cursor.fetchone())
    assert "13800001234" not in stored
    assert "电话" not in stored
    again = CorrectionReport.objects.get(pk=report.pk)
    assert (again.text, again.contact) == ("办公室电话写错了", "13800001234")
    for words in ("jysm4:", "jyaes:AAAA", "jysm4:写错了"):  # a citizen may write what we write ourselves
        report.text = words
        report.save(update_fields=["text"])
        assert CorrectionReport.objects.get(pk=report.pk).text == words
    at_rest.create_key()
    call_command("storage_keys", "--reseal", stdout=io.StringIO())
    (at_rest.Path(at_rest.settings.JIYUE_KEY_DIR) / "storage-0001.sm4").unlink()
    at_rest._key.cache_clear()
    assert CorrectionReport.objects.get(pk=report.pk).contact == "13800001234"


@pytest.mark.req("SEC-07")
def test_secrets_of_authenticators_lie_encrypted_and_still_work(db, keys, settings):
    from django_otp.plugins.otp_totp.models import TOTPDevice  # noqa: PLC0415

    from jiyue.organizations.credentials.second_factor import enrol  # noqa: PLC0415
    from tests.factories import World  # noqa: PLC0415

    account = World().author
    device = enrol(account, actor=PLATFORM)

    def stored():
        with connection.cursor() as cursor:
            cursor.execute("SELECT key FROM otp_totp_totpdevice WHERE id = %s", [device.pk])
            return cursor.fetchone()[0]

    assert device.key not in stored()
    assert len(stored()) <= 80
    again = TOTPDevice.objects.get(pk=device.pk)
    assert (again.key, again.bin_key) == (device.key, device.bin_key)
    again.refresh_from_db()
    assert again.key == device.key
    for choice, mark in (("national", "s4:"), ("international", "ae:"), ("national", "s4:")):
        settings.JIYUE_CRYPTO = choice
        before = stored()
        call_command("storage_keys", "--rotate", stdout=io.StringIO())
        assert stored() != before
        assert stored().startswith(mark)
        assert len(stored()) <= 80
        assert TOTPDevice.objects.get(pk=device.pk).key == device.key
