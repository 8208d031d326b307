"""Two small published sites, as publishing leaves them in the output folder."""

import gzip
import json
from dataclasses import asdict, replace
from pathlib import Path

from jiyue.publishing.pages import Link, SiteFrame

CITY_PORT = 8601
COUNTY_PORT = 8602
PAGE = "/zwgk/202611/7.html"
ASSET = "/assets/abc123/plain.css"
PAGE_HTML = (
    '<!DOCTYPE html><html lang="zh-Hans"><head><meta charset="utf-8"><title>公报 - 云汀市</title>'
    '<meta name="ArticleTitle" content="关于&quot;集约&quot;的通知"></head><body>云汀</body></html>'
)

CITY_FRAME = SiteFrame(
    name="云汀市人民政府",
    base_url="http://city.example.cn",
    primary_domain="city.example.cn",
    logo_url="/logo.svg",
    accent="#0b5394",
    language="zh-Hans",
    menu=(Link("政务公开", "/zwgk/", children=(Link("文件", "/zwgk/wj/"),)),),
    sponsor="云汀市人民政府办公室",
    operator="云汀市大数据中心",
    contact="0000-1234567",
    identity_code="3200000001",
    icp_filing="苏ICP备00000001号",
    psb_filing="苏公网安备00000000000001号",
    official_badge_url="/badge.svg",
    technical_supporter="云汀市大数据中心",
    assets_url="/assets/abc123",
)


def site_entry(key: str, *, host: str, port: int | None, **frame: object) -> dict[str, object]:
    """Return one entry of the routing table."""
    base_url = f"http://{host}"
    shown = replace(CITY_FRAME, base_url=base_url, primary_domain=host, **frame)  # type: ignore[arg-type]
    return {
        "key": key,
        "host": host,
        "port": port,
        "base_url": base_url,
        "name": shown.name,
        "theme": "plain",
        "frame": asdict(shown),
    }


def publish_sample_sites(output: Path, *, city_port: int = CITY_PORT, county_port: int = COUNTY_PORT) -> Path:
    """Write two sites and the routing table; return the output folder."""
    write_table(
        output,
        site_entry("city", host="city.example.cn", port=city_port),
        site_entry("county", host="county.example.cn", port=county_port, name="青苇县人民政府"),
    )
    for key, name in (("city", "云汀市"), ("county", "青苇县")):
        publish(output / key, "/index.html", f"<!DOCTYPE html><title>{name}</title>{name}首页" * 20)
        publish(output / key, "/zwgk/index.html", f"<!DOCTYPE html><title>政务公开 - {name}</title>")
        publish(output / key, "/robots.txt", "User-agent: *\nAllow: /\n")
    publish(output / "city", PAGE, PAGE_HTML)
    publish(output / "city", ASSET, "body { margin: 0 }\n" * 50)
    publish(output / "city", "/feed.xml", "<rss></rss>")
    publish(output / "city", "/404.html", "<!DOCTYPE html><title>未找到页面</title>未找到页面")
    publish(output / "city", "/50x.html", "<!DOCTYPE html><title>暂时无法访问</title>暂时无法访问")
    publish(output / "city", "/405.html", "<!DOCTYPE html><title>仅供浏览</title>本页面仅供浏览")
    publish(output / "city", "/413.html", "<!DOCTYPE html><title>过大</title>一次发送的内容过大")
    publish(output / "city", "/429.html", "<!DOCTYPE html><title>请求过多</title>请求过多")
    publish(output / "city", "/503.html", "<!DOCTYPE html><title>暂时不可用</title>暂时不可用，可稍后再试")
    (output / "city" / "media").mkdir()
    (output / "city" / "media" / "0a1b.pdf").write_bytes(b"%PDF-1.4 sample")
    (output / "city" / "favicon.ico").write_bytes(b"\0\0\1\0")
    return output


def write_moves(output: Path, site_key: str, moves: dict[str, str]) -> None:
    """Write where a site's moved addresses are now."""
    folder = output / ".redirects"
    folder.mkdir(exist_ok=True)
    new = folder / f"{site_key}.json.new"
    new.write_text(json.dumps(moves), encoding="utf-8")
    new.replace(folder / f"{site_key}.json")


def publish(site: Path, path: str, text: str) -> None:
    """Write one page with its precompressed copy."""
    file = site / path.removeprefix("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(text.encode(), 1))


def write_table(output: Path, *entries: dict[str, object]) -> None:
    """Write `sites.json` as publishing does: a new file put in place of the old one."""
    output.mkdir(parents=True, exist_ok=True)
    new = output / "sites.json.new"
    new.write_text(json.dumps(entries, ensure_ascii=False), encoding="utf-8")
    new.replace(output / "sites.json")
