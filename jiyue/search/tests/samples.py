"""Texts and spellings that every engine must cope with."""

import re
import tarfile

from jiyue.search.engine import SearchDocument
from jiyue.search.tests.factories import make_document
from tests.shared import shared_path

NUMBERED = make_document(
    "method",
    kind="policy_document",
    title="市政府办公室关于印发南通市政府网站管理办法的通知",
    body_text=(
        "各县(市)、区人民政府：\n"
        "《南通市政府网站管理办法》已经市人民政府同意，现印发给你们。\n"
        "第一条 推进集约化建设。"
    ),
    document_number="通政办发〔2019〕89号",
    index_number="014207264/2019-07409",
    issuing_body="南通市人民政府办公室",
    validity_status="valid",
)
CITING = make_document(
    "citing", title="关于贯彻网站管理办法的意见", body_text="根据《办法》（通政办发〔2019〕89号）制定本意见。"
)

NUMBER_SPELLINGS = (
    "通政办发〔2019〕89号",
    "通政办发[2019]89号",
    "通政办发(2019)89号",
    "通政办发（2019）89号",
    "通政办发【2019】89号",
    "通政办发［２０１９］８９号",
    "通政办发 〔2019〕 89 号",
    "通政办发2019 89号",
    "通政办发201989号",
    "通政办发〔2019〕89",
    "通政办发〔2019〕第89号",
    " 通政办发〔2019〕89号。",
    "014207264/2019-07409",
    "014207264／2019－07409",
    "014207264 2019 07409",
    "014207264201907409",
)

HOSTILE = (
    "",
    "   ",
    "\u3000\t\n",
    '"',
    "'\"`",
    "( [ { < ) ] } >",
    "+网站 -管理",
    "网站 AND 管理 OR NOT",
    "title:网站",
    "网站* 管?理 ~2 ^5",
    "[a TO z]",
    "\\",
    "/.*/",
    "𠮷",
    "𠮷野家",
    "😀",
    "网站😀管理",
    "\u200b\u200d\ufeff",
    "网\u200b站",
    "\x00\x01网站",
    "\ud800",
    "网站\udfff",
    "e\u0301 \u0301",
    "<script>alert(1)</script>",
    "%s %(x)s {0} {}",
    "网" * 5_000,
    "a " * 5_000,
    "，。！？" * 500,
    "مرحبا བོད་ЁΩß İ",
    "_ __ · ··",
)


def some_laws(count: int) -> list[SearchDocument]:
    """Return documents made of the real laws, where they lie beside the checkout."""
    with tarfile.open(shared_path("data/laws.tar.xz")) as archive:
        documents: list[SearchDocument] = []
        for member in archive:
            if len(documents) == count:
                break
            stream = archive.extractfile(member) if member.name.endswith(".md") else None
            if stream is None:
                continue
            text = stream.read().decode("utf-8", "replace").split("<!-- INFO END -->", 1)[-1]
            if re.search(r"[\u4e00-\u9fff]{6,}", text):
                documents.append(make_document(f"law{len(documents)}", body_text=text))
    return documents
