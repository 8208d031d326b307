"""Video, sound and subtitles are told by their content, and lose what is hidden in them."""

import io

import pytest
from django.utils import translation

from jiyue.library.media.captions import captions_text, looks_like_captions, make_captions, read_cues
from jiyue.library.media.recordings import cleaned, looks_like_recording, read_recording
from jiyue.library.media.refusals import MediaRefused
from jiyue.library.tests.media import samples
from jiyue.library.tests.media.samples import refused_words

pytestmark = pytest.mark.unit


def read(data: bytes):
    assert looks_like_recording(data[:4096])
    file = io.BytesIO(data)
    recording = read_recording(file, len(data))
    return recording, b"".join(cleaned(file, recording, piece_bytes=37))


@pytest.mark.parametrize(
    ("data", "content_type", "seconds"),
    [
        (samples.video(), "video/mp4", 12),
        (samples.video(b"mp4a", brand=b"M4A "), "audio/mp4", 12),
        (samples.webm(), "video/webm", 5),
        (samples.webm(b"A_OPUS"), "audio/webm", 5),
        (samples.mp3(), "audio/mpeg", 1),
        (samples.ogg(), "audio/ogg", None),
    ],
    ids=["mp4", "m4a", "webm", "weba", "mp3", "ogg"],
)
def test_recordings_are_known_by_their_content_and_lose_what_is_hidden(data, content_type, seconds):
    recording, kept = read(data)
    assert (recording.content_type, recording.seconds) == (content_type, seconds)
    assert b"SECRET" not in kept
    again = read_recording(io.BytesIO(kept), len(kept))
    assert (again.content_type, again.seconds) == (content_type, seconds)
    if recording.is_video:
        assert (recording.width, recording.height) == (1280, 720)
        assert len(kept) == len(data)  # no place in the file moves


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (samples.video(b"hvc1"), "don't play"),
        (samples.webm(b"V_MPEG4/ISO/AVC", b"matroska"), "don't play"),
        (samples.ogg(b"\x80theora"), "don't play"),
        (b"RIFF\x00\x00\x00\x00AVI LIST" + bytes(100), "don't play"),
        (samples.video()[:-20], "damaged"),
        (samples.video() + b"<script>alert(1)</script>", "damaged"),
        (samples.video() + samples.packed({"a": b"x"}), "damaged"),
        (samples.webm()[:-3], "damaged"),
        (samples.mp3(frames=2), "damaged"),
        (samples.mp3() + samples.packed({"a": b"x" * 5000}, compression=0), "damaged"),
        (samples.ogg() + b"<html>", "damaged"),
        (samples.box(b"ftyp", b"isom", bytes(8)), "damaged"),
    ],
)
def test_what_browsers_cannot_play_or_what_is_damaged_is_refused(data, words):
    with translation.override("en"), pytest.raises(MediaRefused) as refusal:
        read(data)
    assert words in refused_words(refusal.value)
    assert refusal.value.fix


@pytest.mark.parametrize(
    "text", [samples.VTT, samples.SRT, "\ufeff" + samples.VTT], ids=["vtt", "srt", "bom"]
)
def test_subtitles_of_both_formats_become_the_same_clean_webvtt(text):
    assert looks_like_captions(text.encode())
    made = make_captions(text.encode()).decode()
    assert made == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:02.500\n同志们好\n\n00:00:03.000 --> 00:00:05.000\n现在开会\n"
    )
    assert captions_text(made.encode()) == "同志们好\n现在开会"
    assert make_captions(made.encode()).decode() == made


def test_subtitles_in_the_old_encoding_are_read_and_markup_in_them_is_only_words():
    srt = "1\n00:00:01,000 --> 00:00:02,000\n会议通知<script>alert(1)</script> 3 &lt; 5\n"
    made = make_captions(srt.encode("gb18030")).decode()
    assert "<script" not in made
    assert "会议通知alert(1) 3 &lt; 5" in made
    assert captions_text(made.encode()) == "会议通知alert(1) 3 < 5"


def test_styles_regions_and_notes_of_subtitles_go():
    text = "WEBVTT\n\nSTYLE\n::cue { background: url(http://a/) }\n\nNOTE hidden\n\n" + samples.VTT[8:]
    made = make_captions(text.encode()).decode()
    assert "STYLE" not in made
    assert "hidden" not in made
    assert len(read_cues(made)) == 2


@pytest.mark.parametrize(
    "text", ["WEBVTT\n\n", "没有时间的文字", "WEBVTT\n\n00:05.000 --> 00:02.000\n倒着走\n"]
)
def test_subtitles_without_words_or_running_backwards_are_refused(text):
    with pytest.raises(MediaRefused):
        make_captions(text.encode())
