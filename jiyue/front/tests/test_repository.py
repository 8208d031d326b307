"""The document repository: precise classification and search of documents (LIB-08)."""

from datetime import date

import pytest
from selectolax.lexbor import LexborHTMLParser

from jiyue.library.catalogue.tests.scenes import amending, document
from jiyue.search.engine import SearchQuery
from jiyue.search.selectors import get_index, search_site
from jiyue.search.tests.factories import make_document, put

pytestmark = pytest.mark.django_db

KIND = "policy_document"


@pytest.fixture
def shelf(world):
    """Three documents of different classes, one of them repealed, and a news item."""
    rules = document(
        world, title="电子政务管理办法", genre_category="办法", subject_category="综合政务\\电子政务"
    )
    document(
        world,
        title="节约用水规定",
        genre_category="规定",
        subject_category="农业、林业、水利\\水利",
        issuing_body="云亭市水利局",
        written_on=date(2024, 3, 1),
        document_number="云水〔2024〕5号",
    )
    document(
        world,
        title="政务公开细则",
        genre_category="细则",
        subject_category="综合政务\\政务公开",
        document_number="云政发〔2026〕7号",
    )
    world.publish(title="电子政务新闻", subject_category="综合政务\\电子政务")
    amending(world, rules, title="关于废止电子政务管理办法的决定", genre_category="决定")
    return world


def titles(*facets: str, text: str = "", site: str = "shi") -> set[str]:
    results = search_site(site_key=site, text=text, kind=KIND, facets=facets, per_page=50)
    return {str(hit.title_html).replace("<mark>", "").replace("</mark>", "") for hit in results.hits}


@pytest.mark.req("LIB-08")
def test_documents_are_narrowed_by_subject_genre_body_year_and_validity(shelf):
    everything = {"电子政务管理办法", "节约用水规定", "政务公开细则", "关于废止电子政务管理办法的决定"}
    assert titles() == everything
    assert titles("subject=综合政务") == {"电子政务管理办法", "政务公开细则"}
    assert titles("subject=综合政务\\政务公开") == {"政务公开细则"}
    assert titles("genre=规定") == {"节约用水规定"}
    assert titles("issuer=云亭市水利局") == {"节约用水规定"}
    assert titles("year=2024") == {"节约用水规定"}
    assert titles("validity=repealed") == {"电子政务管理办法"}
    assert titles("subject=综合政务", "validity=valid") == {"政务公开细则"}
    assert titles("validity=valid", "year=2026", "genre=细则") == {"政务公开细则"}
    assert titles("genre=没有") == set()
    assert titles("issuer=云亭市人民政府", text="电子政务") == {
        "电子政务管理办法",
        "关于废止电子政务管理办法的决定",
    }
    assert titles(text="云水〔2024〕5号") == {"节约用水规定"}
    assert titles("genre=细则", text="用水") == set()


def test_numbers_stand_beside_every_value_and_count_what_was_chosen(shelf):
    query = SearchQuery("", "shi", KIND, with_counts=True)
    counts = dict(get_index().search(query).counts)
    assert counts["subject=综合政务"] == 2
    assert counts["validity=repealed"] == 1
    assert counts["year=2026"] == 3
    narrowed = SearchQuery("", "shi", KIND, facets=("subject=综合政务",), with_counts=True)
    assert "genre=规定" not in dict(get_index().search(narrowed).counts)
    assert get_index().search(SearchQuery("", "elsewhere", KIND)).total == 0


@pytest.mark.req("LIB-08")
def test_the_public_page_narrows_step_by_step_and_marks_what_is_not_in_force(visitor):
    classes = {"kind": KIND, "subject": "综合政务\\电子政务", "genre": "办法", "year": "2026"}
    put(
        get_index(),
        make_document("1", title="电子政务管理办法", validity_status="repealed", **classes),
        make_document("2", title="数据共享办法", validity_status="valid", **classes),
        make_document("3", title="新闻", kind="article"),
    )
    page = visitor.get("/search/?kind=policy_document").text
    shown = LexborHTMLParser(page)
    assert len(shown.css(".results li")) == 2
    addresses = [node.attributes["href"] for node in shown.css(".filters a")]
    repealed = next(href for href in addresses if "validity=repealed" in href)
    narrowed = LexborHTMLParser(visitor.get(repealed).text)
    (hit,) = narrowed.css(".results li")
    assert "电子政务管理办法" in hit.text()
    assert hit.css_first(".mark") is not None
    hostile = visitor.get("/search/?kind=policy_document&genre=%3Cscript%3Ealert(1)%3C/script%3E&subject=%00")
    assert hostile.status == 200
    assert "<script>alert" not in hostile.text
    assert 'class="results"' not in visitor.get("/search/?kind=nonsense&genre=x").text
