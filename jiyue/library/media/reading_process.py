"""Run as `python -m`: print the words of one document as JSON. Knows nothing of the platform."""

import json
import resource
import sys
import zipfile
from collections.abc import Callable, Iterator
from typing import IO
from xml.etree.ElementTree import iterparse  # expat refuses amplification; the process is limited

MAX_CHARS = 2_000_000
MAX_CELLS = 500_000
MAX_PAGES = 5_000
CPU_SECONDS = 45
MEMORY_BYTES = 1536 * 1024 * 1024
MAX_PART_BYTES = 200 * 1024 * 1024  # of one part of an office file, unpacked


def limit() -> None:
    """Let the kernel end the process where it grows or lasts."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # nothing is written anywhere
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def read_pdf(path: str) -> Iterator[str]:
    """Pages of a PDF."""
    import pypdfium2  # noqa: PLC0415  # loaded only for what needs it

    document = pypdfium2.PdfDocument(path)
    for number in range(min(len(document), MAX_PAGES)):
        page = document[number]
        words = page.get_textpage()
        yield words.get_text_bounded()
        words.close()
        page.close()


def read_xlsx(path: str) -> Iterator[str]:
    """Rows of a workbook."""
    import openpyxl  # noqa: PLC0415

    file = open(path, "rb")  # noqa: SIM115, PTH123  # the name lacks the suffix that the library asks for
    book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    cells = 0
    for sheet in book.worksheets:
        yield sheet.title
        for row in sheet.iter_rows(values_only=True):
            cells += len(row)
            if cells > MAX_CELLS:
                return
            yield "\t".join(str(value) for value in row if value is not None)


def read_xml(path: str, begins: str, ends: str) -> Iterator[str]:
    """Paragraphs of the parts of an office file, in the order of their names."""
    with zipfile.ZipFile(path) as package:
        names = [info for info in package.infolist() if info.filename.startswith(begins)]
        names = [info for info in names if info.filename.endswith(ends) and info.file_size <= MAX_PART_BYTES]
        for info in sorted(names, key=lambda info: (len(info.filename), info.filename)):
            with package.open(info) as part:
                yield from _paragraphs(part)


def _paragraphs(part: IO[bytes]) -> Iterator[str]:
    words: list[str] = []
    for _event, element in iterparse(part):  # noqa: S314  # as above
        name = element.tag.rpartition("}")[2]
        if name in ("t", "TextCode") and element.text:
            words.append(element.text)
        elif name in ("tab", "br"):
            words.append("\t")
        elif name in ("p", "TextObject"):
            yield "".join(words)
            words.clear()
            element.clear()
    yield "".join(words)


READERS: dict[str, Callable[[str], Iterator[str]]] = {
    "pdf": read_pdf,
    "xlsx": read_xlsx,
    "docx": lambda path: read_xml(path, "word/document", ".xml"),
    "pptx": lambda path: read_xml(path, "ppt/slides/slide", ".xml"),
    "ofd": lambda path: read_xml(path, "Doc_", "Content.xml"),
}


def main() -> None:
    """Read the file named on the command line."""
    limit()
    lines: list[str] = []
    count, is_cut = 0, False
    for line in READERS[sys.argv[2]](sys.argv[1]):
        text = "\n".join(part.strip() for part in line.splitlines() if part.strip())
        if not text:
            continue
        if count + len(text) > MAX_CHARS:
            lines.append(text[: MAX_CHARS - count])
            is_cut = True
            break
        lines.append(text)
        count += len(text)
    sys.stdout.write(json.dumps({"text": "\n".join(lines), "is_cut": is_cut}))


if __name__ == "__main__":
    main()
