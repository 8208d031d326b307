"""Files for tests of the media store, made on the spot; nothing binary lies in the repository."""

import base64
import io
import struct
import zipfile
import zlib
from fractions import Fraction

from django.utils import translation
from PIL import Image, ImageCms


def picture(size=(800, 600), kind="PNG", *, mode="RGB", colour="red", **options) -> bytes:
    data = io.BytesIO()
    Image.new(mode, size, colour).save(data, kind, **options)
    return data.getvalue()


def noisy(size=(800, 600), kind="JPEG", **options) -> bytes:
    """A picture that doesn't compress well."""
    data = io.BytesIO()
    Image.effect_noise(size, 90).convert("RGB").save(data, kind, **options)
    return data.getvalue()


def photograph(size=(800, 600)) -> bytes:
    """A JPEG as a telephone makes it: turned, with place, device and a comment."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (0, 0, size[0] // 2, size[1]))  # left half
    exif = Image.Exif()
    exif[0x0112] = 6  # has to be turned by 90° clockwise
    exif[0x010F], exif[0x0110] = "SECRETCAMERA", "Model"
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "N", (Fraction(31), Fraction(12), Fraction(5))
    place[29] = "2026:11:21"
    data = io.BytesIO()
    image.save(data, "JPEG", exif=exif, comment=b"SECRETCOMMENT", quality=90)
    return data.getvalue()


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def sixteen_bit(size=(640, 480)) -> bytes:
    rows = b"".join(b"\0" + struct.pack(f">{size[0]}H", *([0xFFFF] * size[0])) for _ in range(size[1]))
    return png_of(size, 16, 0, zlib.compress(rows))


def png_of(size, depth, colour_type, data) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    head = struct.pack(">IIBBBBB", *size, depth, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def moving() -> bytes:
    frames = [Image.new("RGB", (700, 500), colour) for colour in ("red", "blue")]
    data = io.BytesIO()
    frames[0].save(data, "GIF", save_all=True, append_images=frames[1:], duration=100)
    return data.getvalue()


def packed(parts, *, prefix=b"", compression=zipfile.ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    data.write(prefix)
    with zipfile.ZipFile(data, "a", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return data.getvalue()


def word(text="征求意见稿", **parts) -> bytes:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in text.split("\n"))
    document = f'<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>'
    base = {"[Content_Types].xml": b"<Types/>", "word/document.xml": document.encode()}
    return packed({**base, **parts})


def workbook(*rows) -> bytes:
    import openpyxl  # noqa: PLC0415

    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def pdf(text="Annex seven", *, objects: bytes = b"", trailer: bytes = b"") -> bytes:
    """A small PDF with one line of text, and whatever else is asked for."""
    stream = f"BT /F1 24 Tf 72 720 Td ({text}) Tj ET".encode()
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        b"<</Length " + str(len(stream)).encode() + b">>stream\n" + stream + b"\nendstream",
    ]
    data, places = b"%PDF-1.7\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(data))
        data += f"{number} 0 obj\n".encode() + part + b"\nendobj\n"
    data += objects
    start = len(data)
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    data += f"xref\n0 {len(parts) + 1}\n0000000000 65535 f \n{table}".encode()
    data += b"trailer<</Size 5/Root 1 0 R" + trailer + b">>\nstartxref\n"
    return data + str(start).encode() + b"\n%%EOF\n"


def hidden_in_object_stream(text: bytes) -> bytes:
    body = zlib.compress(text)
    return (
        b"9 0 obj\n<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n%s\nendstream\nendobj\n"
        % (
            len(body),
            body,
        )
    )


def box(kind: bytes, *content: bytes) -> bytes:
    data = b"".join(content)
    return struct.pack(">I", len(data) + 8) + kind + data


def video(
    codec=b"avc1", *, extra: bytes = b"", brand: bytes = b"isom", hidden: bytes = b"SECRETPLACE"
) -> bytes:
    """The boxes of an MP4 with one track; there is nothing to see in it."""
    mvhd = box(b"mvhd", bytes(12), struct.pack(">II", 1000, 12_000), bytes(80))
    tkhd = box(b"tkhd", bytes(76), struct.pack(">HHHH", 1280, 0, 720, 0))
    kind = b"soun" if codec == b"mp4a" else b"vide"
    hdlr = box(b"hdlr", bytes(8), kind, bytes(12))
    stsd = box(b"stsd", bytes(4), struct.pack(">I", 1), box(codec, bytes(70)))
    trak = box(b"trak", tkhd, box(b"mdia", hdlr, box(b"minf", box(b"stbl", stsd))))
    moov = box(b"moov", mvhd, trak, box(b"udta", box(b"\xa9xyz", hidden)))
    return box(b"ftyp", brand, bytes(4), b"isom") + moov + box(b"mdat", b"x" * 400) + extra


def element(name: bytes, content: bytes) -> bytes:
    return name + (1 << 56 | len(content)).to_bytes(8, "big") + content


def webm(codec=b"V_VP9", doc_type=b"webm") -> bytes:
    head = element(b"\x1a\x45\xdf\xa3", element(b"\x42\x82", doc_type))
    size = element(b"\xb0", struct.pack(">H", 1280)) + element(b"\xba", struct.pack(">H", 720))
    track = element(b"\xae", element(b"\x86", codec) + (element(b"\xe0", size) if codec[:1] == b"V" else b""))
    info = element(b"\x15\x49\xa9\x66", element(b"\x44\x89", struct.pack(">f", 5000.0)))
    tags = element(b"\x12\x54\xc3\x67", b"SECRETPLACE")
    return head + element(b"\x18\x53\x80\x67", info + element(b"\x16\x54\xae\x6b", track) + tags)


def mp3(frames: int = 40, *, tag: bytes = b"SECRETARTIST") -> bytes:
    """Silent frames of 128 kbit/s at 44.1 kHz, with an ID3 tag in front."""
    frame = b"\xff\xfb\x90\x00" + bytes(413)
    size = len(tag)
    head = b"ID3\x03\x00\x00" + bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127])
    return head + tag + frame * frames + b"TAG" + b"SECRETTITLE".ljust(125, b"\0")


def ogg(first=b"OpusHead") -> bytes:
    def page(content: bytes) -> bytes:
        return b"OggS" + bytes(22) + b"\x01" + bytes([len(content)]) + content

    return page(first.ljust(19, b"\0")) + page(b"x" * 200) + page(b"y" * 100)


VTT = (
    "WEBVTT\n\n1\n00:00:00.000 --> 00:00:02.500\n<v 主持人>同志们好</v>\n\n"
    "00:00:03.000 --> 00:00:05.000 align:start\n现在开会\n"
)
SRT = (
    "1\r\n00:00:00,000 --> 00:00:02,500\r\n<i>同志们好</i>\r\n\r\n"
    "2\r\n00:00:03,000 --> 00:00:05,000\r\n现在开会\r\n"
)

_HEIC = (  # 64 × 64 pixels of red, written by libheif
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAUJtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAA"
    "AAAAAAAAAAAAAA5waXRtAAAAAAABAAAAImlsb2MAAAAAREAAAQABAAAAAAFmAAEAAAAAAAAAGgAAACNpaW5mAAAA"
    "AAABAAAAFWluZmUCAAAAAAEAAGh2YzEAAAAAwmlwcnAAAACkaXBjbwAAAHhodmNDAQNwAAAAAAAAAAAAHvAA/P34"
    "+AAADwMgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQCEAAQArQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbqSSmu"
    "bgQEDAgAAAMACAAAAwAIQCIAAQAHRAHBcrAiQAAAABRpc3BlAAAAAAAAAEAAAABAAAAAEHBpeGkAAAAAAwgICAAA"
    "ABZpcG1hAAAAAAAAAAEAAQOBAoMAAAAibWRhdAAAABYoAa8ZgPd8hTf/+BmX/flr/l8FeLRw"
)


def heic() -> bytes:
    return base64.b64decode(_HEIC)


WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
REMOTE_TEMPLATE = (
    b'<Relationships><Relationship Id="1" Type="http://x/attachedTemplate" '
    b'Target="http://203.0.113.9/t.dotm" TargetMode="External"/></Relationships>'
)


def with_password(data: bytes) -> bytes:
    """Set the flag of encryption in every header of a ZIP."""
    changed = bytearray(data)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := changed.find(mark, at + 1)) >= 0:
            changed[at + offset] |= 1
    return bytes(changed)


def rules_of(profile: str) -> dict:
    """The values of a shipped profile, to be changed for one test."""
    from jiyue.policy.shipped import read_profiles  # noqa: PLC0415

    return read_profiles()[profile].values


def rule(key: str, value: object):
    from dataclasses import replace  # noqa: PLC0415

    return replace(rules_of("default")[key], value=value)


def refused_words(refusal) -> str:
    """What a refusal says, in the language of the source."""
    with translation.override("en"):
        return str(refusal.message)
