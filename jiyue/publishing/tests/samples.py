"""Page data for tests of the theme: an ordinary city, and one full of hostile text."""

from jiyue.publishing.pages import (
    ChannelPage,
    DetailPage,
    FormField,
    FormOption,
    FormPage,
    HomePage,
    Link,
    ListItem,
    MetadataRow,
    Section,
    SiteFrame,
)

HOSTILE = """<i id="x">"'&</title></script><script>alert(1)</script><!--"""

FRAME = SiteFrame(
    name="云澜市人民政府",
    base_url="https://www.yunlan.example",
    primary_domain="www.yunlan.example",
    logo_url="/img/logo.svg",
    accent="#14558f",
    language="zh-Hans",
    menu=(
        Link("首页", "/"),
        Link("政务公开", "/open/", is_current=True, children=(Link("政策文件", "/open/files/"),)),
    ),
    sponsor="云澜市人民政府办公室",
    operator="云澜市数据局",
    contact="0990-1234567",
    identity_code="9900000001",
    icp_filing="澜ICP备00000001号",
    psb_filing="澜公网安备99000000000001号",
    official_badge_url="/img/badge.svg",
    technical_supporter="云澜市信息中心",
    assets_url="/assets/0123456789ab",
)

ITEM = ListItem(
    title="关于冬季清洁取暖工作的通知",
    url="/open/files/202611/1.html",
    date="2026-11-21 09:30",
    summary="保障群众温暖过冬。",
    image_url="/img/river.jpg",
    image_alt="清江",
    validity="已废止",
)

HOME = HomePage(FRAME, (ITEM,), (Section("政策文件", "/open/files/", (ITEM,)),))

CRUMBS = (Link("首页", "/"), Link("政务公开", "/open/"), Link("政策文件", "/open/files/"))

CHANNEL = ChannelPage(
    frame=FRAME,
    name="政策文件",
    url="/open/files/",
    breadcrumbs=CRUMBS,
    siblings=(Link("政策文件", "/open/files/", is_current=True),),
    items=(ITEM,),
    number=None,
    older_url="/open/files/7.html",
    newer_url="",
    feed_url="/open/files/feed.xml",
)

DETAIL = DetailPage(
    frame=FRAME,
    public_id="1",
    url="/open/files/202611/1.html",
    canonical_url="https://www.yunlan.example/open/files/202611/1.html",
    title="关于冬季清洁取暖工作的通知",
    breadcrumbs=CRUMBS,
    source="云澜市发展和改革委员会",
    author="",
    published_at="2026-11-21 09:30",
    originally_published_on="",
    summary="",
    body_html="<p>各县（区）人民政府：</p>",
    qr_svg='<svg class="qr-code"></svg>',
    is_document=True,
    metadata=(MetadataRow("文号", "云澜政办发〔2026〕27号"),),
    validity="repealed",
    validity_label="已废止",
    attachments=(Link("任务表.xlsx", "/media/a.xlsx"),),
    related=(ITEM,),
    older=Link("较早的通知", "/open/files/202611/0.html"),
    newer=Link("较新的通知", "/open/files/202611/2.html"),
)

FORM = FormPage(
    frame=FRAME,
    kind="correction",
    title="找错",
    intro="",
    action_url="/correction/",
    page_url="/open/files/202611/1.html",
    page_title="关于冬季清洁取暖工作的通知",
    fields=(
        FormField("text", "问题描述", "textarea", is_required=True, max_length=1000),
        FormField("kind", "问题类型", "radio", options=(FormOption("typo", "错别字"),)),
        FormField("area", "所在县区", "select", options=(FormOption("1", "东岭县"),)),
        FormField("email", "邮箱", "email", hint="用于回复"),
    ),
    csrf_token="token",
    submission_id="6f1f6a3e-1111-4222-8333-444455556666",
    submit_label="提交",
)
