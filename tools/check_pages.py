"""Put the demonstration city's public pages through axe, the Nu HTML checker and Lighthouse.

The city is loaded into `build/pages/` (not into the developer's own `var/`),
served, crawled from its home pages, and checked as a browser sees it, at
desktop and phone width.

check_pages.py --sample N     N pages of each kind on each site
check_pages.py --all          every page
… --lighthouse                also Lighthouse, on one page of each kind
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

from playwright.sync_api import Page, sync_playwright
from selectolax.lexbor import LexborHTMLParser

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.plumbing.browser import CHROMIUM_FLAGS, DESKTOP, PHONE  # noqa: E402
from tests.plumbing.services import find_service  # noqa: E402

WORK = ROOT / "build" / "pages"
JIYUE = Path(sys.executable).with_name("jiyue")
LIGHTHOUSE = ROOT / "tools" / "lighthouse" / "node_modules" / "lighthouse" / "cli" / "index.js"
FIRST_PORT = 8300  # away from a demonstration that is running beside
START_SECONDS = 300  # loading and publishing the city on a busy machine
VNU_BATCH = 200  # files per Java process
LOWEST_SCORE = 0.9  # Lighthouse, each category
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")

# Beside the pages that links lead to: one of each dynamic kind.
DYNAMIC = ("/search/?q=%E9%80%9A%E7%9F%A5", "/search/?q=zzzzzz", "/correction/?page=/", "/comment/?page=/")
_KINDS = (
    ("home", re.compile(r"/(index\.html)?")),
    ("detail", re.compile(r".*/\d{6}/[^/]+\.html")),
    ("frozen list", re.compile(r".*/\d+\.html")),
    ("list", re.compile(r".*/(index\.html)?")),
)


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """One page as it was served."""

    url: str
    kind: str
    html: bytes


def kind_of(url: str) -> str:
    """Return what sort of page an address leads to."""
    parts = urlsplit(url)
    if f"{parts.path}?{parts.query}" in DYNAMIC or parts.path.split("/")[1] in {
        "search",
        "correction",
        "comment",
    }:
        return parts.path.split("/")[1]
    return next((kind for kind, pattern in _KINDS if pattern.fullmatch(parts.path)), "other")


@contextmanager
def served_city() -> Iterator[list[str]]:
    """Load and serve the demonstration city; give the addresses of its public sites.

    Raises:
        SystemExit: It did not start in time.
    """
    WORK.mkdir(parents=True, exist_ok=True)
    log = WORK / "demo.log"
    environment = {**os.environ, "JIYUE_DEMO_PORT": str(FIRST_PORT), "PYTHONUNBUFFERED": "1"}
    with log.open("w") as output:
        server = subprocess.Popen(
            [JIYUE, "demo", "--reset"], cwd=WORK, env=environment, stdout=output, stderr=output
        )
    try:
        yield _public_addresses(server, log)
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()


def _public_addresses(server: subprocess.Popen[bytes], log: Path) -> list[str]:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        text = log.read_text(encoding="utf-8", errors="replace")
        if "Ctrl+C" in text:
            ports = {int(port) for port in re.findall(r"http://127\.0\.0\.1:(\d+)/", text)}
            return [f"http://127.0.0.1:{port}/" for port in sorted(ports - {FIRST_PORT})]
        time.sleep(0.5)
    sys.exit(f"check_pages: the city did not start; see {log.relative_to(ROOT)}\n{log.read_text()[-2000:]}")


def _fetch(url: str) -> tuple[bytes, bool]:
    """Return a body and whether it is HTML."""
    with urllib.request.urlopen(url, timeout=30) as response:
        return response.read(), response.headers.get_content_type() == "text/html"


def crawl(home: str, limit: int | None) -> Iterator[FetchedPage]:
    """Yield the site's pages, at most `limit` of each kind; broken links end the run.

    Raises:
        SystemExit: A link leads nowhere.
    """
    queue = [home, *(urljoin(home, path) for path in DYNAMIC)]
    seen, kinds = set(queue), Counter[str]()
    while queue:
        url = queue.pop(0)
        kind = kind_of(url)
        if limit is not None and kinds[kind] >= limit and kind != "list":
            continue
        try:
            body, is_html = _fetch(url)
        except urllib.error.HTTPError as error:
            sys.exit(f"check_pages: {url} answers {error.code}")
        if not is_html:
            continue
        kinds[kind] += 1
        if limit is None or kinds[kind] <= limit:
            yield FetchedPage(url, kind, body)
        for link in LexborHTMLParser(body).css("a[href]"):
            target = urldefrag(urljoin(url, link.attributes["href"] or "")).url
            is_new_page = target.startswith(home) and target not in seen and kind_of(target) not in _FORMS
            if is_new_page:
                seen.add(target)
                queue.append(target)


_FORMS = {urlsplit(path).path.split("/")[1] for path in DYNAMIC}  # one address of each is enough


def check_with_axe(pages: list[FetchedPage]) -> list[str]:
    """Return one line per violation, desktop and phone."""
    script = Path(find_service("axe") or sys.exit("check_pages: axe-core is absent (make services)"))
    source = script.read_text(encoding="utf-8")
    chromium = find_service("chromium") or sys.exit("check_pages: Chromium is absent (make services)")
    faults: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        for name, viewport in (("desktop", DESKTOP), ("phone", PHONE)):
            tab = browser.new_page(viewport=viewport, locale="zh-CN")
            for page in pages:
                tab.goto(page.url)
                faults += [f"axe {name} {page.url} {fault}" for fault in _axe_violations(tab, source)]
            tab.close()
        browser.close()
    return faults


def _axe_violations(tab: Page, source: str) -> Iterator[str]:
    tab.evaluate(source)
    result = tab.evaluate("async () => await axe.run(document, {resultTypes: ['violations']})")
    for violation in result["violations"]:
        for node in violation["nodes"]:
            yield f"{violation['id']} ({violation['impact']}): {violation['help']} at {node['target']}"


def check_with_vnu(pages: list[FetchedPage]) -> list[str]:
    """Return one line per error of the Nu HTML checker."""
    jar = find_service("vnu") or sys.exit("check_pages: vnu is absent (make services)")
    java = find_service("java") or sys.exit("check_pages: Java is absent (make services)")
    folder = WORK / "html"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    urls = {}
    for number, page in enumerate(pages):
        path = folder / f"{number}.html"
        path.write_bytes(page.html)
        urls[path.as_uri()] = page.url
    faults: list[str] = []
    names = sorted(str(path) for path in folder.iterdir())
    for start in range(0, len(names), VNU_BATCH):
        command = [java, "-Xss1m", "-jar", jar, "--format", "json", *names[start : start + VNU_BATCH]]
        report = json.loads(subprocess.run(command, capture_output=True, check=False).stderr)
        for message in report["messages"]:
            if message["type"] in {"error", "non-document-error"}:
                url = urls.get(message.get("url", "").replace("file:/", "file:///", 1), message.get("url"))
                faults.append(f"vnu {url}:{message.get('lastLine', 0)} {message['message']}")
    return faults


def check_with_lighthouse(pages: list[FetchedPage]) -> list[str]:
    """Print the scores of one page of each kind; return one line per score that is too low."""
    if not LIGHTHOUSE.exists():
        sys.exit("check_pages: Lighthouse is absent (make evidence installs it)")
    environment = {**os.environ, "CHROME_PATH": find_service("chromium") or ""}
    faults = []
    for kind, page in {page.kind: page for page in reversed(pages)}.items():
        report = WORK / f"lighthouse-{kind.replace(' ', '-')}.json"
        flags = f"--headless=new {' '.join(CHROMIUM_FLAGS)}"
        command = ["node", str(LIGHTHOUSE), page.url, "--quiet", "--output=json", f"--output-path={report}"]
        command += [f"--chrome-flags={flags}", f"--only-categories={','.join(CATEGORIES)}"]
        subprocess.run(command, env=environment, check=True)
        categories = json.loads(report.read_text(encoding="utf-8"))["categories"]
        scores = {name: categories[name]["score"] or 0 for name in CATEGORIES}
        print(f"lighthouse {kind}: " + ", ".join(f"{name} {score:.2f}" for name, score in scores.items()))
        wanted = set(CATEGORIES) - (
            {"seo"} if kind in _FORMS else set()
        )  # forms are kept out of search engines
        low = [name for name in sorted(wanted) if scores[name] < LOWEST_SCORE]
        faults += [f"lighthouse {page.url} {name} {scores[name]:.2f}" for name in low]
    return faults


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    size = parser.add_mutually_exclusive_group(required=True)
    size.add_argument("--sample", type=int, metavar="N")
    size.add_argument("--all", action="store_true")
    parser.add_argument("--lighthouse", action="store_true")
    options = parser.parse_args()
    with served_city() as homes:
        pages = [page for home in homes for page in crawl(home, options.sample)]
        kinds = Counter(page.kind for page in pages)
        print(f"{len(pages)} pages of {len(homes)} sites: {', '.join(f'{n} {k}' for k, n in kinds.items())}")
        faults = check_with_vnu(pages) + check_with_axe(pages)
        if options.lighthouse:
            faults += check_with_lighthouse(pages)
    print("\n".join(faults))
    print(f"pages: {len(pages)} checked with vnu and axe, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
