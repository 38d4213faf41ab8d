"""The page in a real browser: it loads nothing, draws everything, and can be used without a mouse."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from racelens import triage
from racelens.findings import Report
from tests.cli.test_hostile import HOSTILE, a_report

from .conftest import Rendered, render

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)  # fmt: skip
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium."""
    if BROWSER is None:
        pytest.skip("no Chromium on this machine: the page is not looked at")
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as started:
        running = started.chromium.launch(executable_path=BROWSER, args=list(QUIET))
        yield running
        running.close()


class Opened:
    """A page with what it said and asked for."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.said: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))


def show(browser: Any, folder: Path, text: str, **context: Any) -> Opened:
    path = folder / "page.html"
    path.write_text(text, encoding="utf-8")
    opened = Opened(browser.new_context(**context).new_page())
    opened.page.goto(path.as_uri())
    opened.page.wait_for_selector("html[data-ready]")
    return opened


@pytest.fixture
def opened(browser: Any, tmp_path: Path, rendered: Rendered) -> Iterator[Opened]:
    page = show(browser, tmp_path, rendered("html"))
    yield page
    assert page.said == []
    assert len(page.asked) == 1
    page.page.context.close()


def test_no_reference_leaves_the_page(rendered: Rendered) -> None:
    page = rendered("html")
    assert "default-src 'none'" in page
    shell = re.sub(r'<script type="application/json".*?</script>', "", page, flags=re.DOTALL)
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", shell) == []
    assert not re.search(r"url\((?!#)(?!`)|@import|\ssrc=|<link|innerHTML|eval\(", shell.replace("url(#${", "url(#"))  # fmt: skip
    assert len(shell.encode()) < 500_000


def test_it_opens_on_the_gravest_example(opened: Opened, shop: Report) -> None:
    best = next(f for f in shop.findings if f.id == shop.groups[0].example)
    assert opened.page.text_content("h2").startswith(f"{best.rule} {best.name}")
    assert opened.page.locator("#finding .drawing svg .mark").count() >= len(best.evidence)
    assert opened.page.locator(".group").count() == len(shop.groups)


def test_filter(opened: Opened, shop: Report) -> None:
    page = opened.page
    page.keyboard.press("/")
    page.keyboard.type("rl201")
    found = [finding for finding in shop.findings if finding.rule == "RL201"]
    assert page.text_content("#status") == f"{len(found)} of {len(shop.findings)} findings"
    page.keyboard.press("Enter")
    assert "RL201" in page.text_content("h2")
    page.keyboard.press("Escape")
    assert page.text_content("#status") == ""
    assert "RL201" in page.text_content("h2")


def test_keys_walk_through_all_findings(opened: Opened, shop: Report) -> None:
    seen = {opened.page.text_content("#finding .meta")}
    for key in ["k"] * len(shop.findings) + ["j"] * len(shop.findings):
        opened.page.keyboard.press(key)
        seen.add(opened.page.text_content("#finding .meta"))
    assert len(seen) == len(shop.findings)


def test_an_event_shows_its_line(opened: Opened) -> None:
    opened.page.locator("#finding .mark.deed").focus()
    raw = opened.page.text_content("#finding .raw")
    assert re.search(r"\.jsonl:\d+", raw)
    assert '"resource": "document:4"' in raw
    assert opened.page.locator("#finding .raw b").count() > 0


def test_zoom(opened: Opened) -> None:
    def left() -> float:
        value = opened.page.locator("#finding .mark.deed .sign").get_attribute("x")
        return float(value)

    before = left()
    opened.page.keyboard.press("+")
    assert left() != before
    opened.page.keyboard.press("0")
    assert left() == before


def test_a_link_to_a_finding(
    browser: Any, tmp_path: Path, rendered: Rendered, shop: Report
) -> None:
    opened = show(browser, tmp_path, rendered("html"))
    opened.page.evaluate(f"location.hash = '{shop.findings[-1].id}'")
    opened.page.wait_for_function(
        f"document.querySelector('#finding .meta').textContent.startsWith('{shop.findings[-1].id}')"
    )
    opened.page.context.close()


@pytest.mark.parametrize("width", [380, 800, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_runs_over(
    width: int, scheme: str, browser: Any, tmp_path: Path, rendered: Rendered
) -> None:
    size = {"width": width, "height": 900}
    opened = show(browser, tmp_path, rendered("html"), viewport=size, color_scheme=scheme)
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    shade = opened.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", shade)[:3])) < 200) == (scheme == "dark")
    opened.page.context.close()


def test_contrast(browser: Any, tmp_path: Path, rendered: Rendered) -> None:
    """Text stands out of its paper by 4.5 : 1 at least, in both schemes."""
    for scheme in ("light", "dark"):
        opened = show(browser, tmp_path, rendered("html"), color_scheme=scheme)
        names = ["ink", "soft", "harm", "assumed", "good"]
        shades = opened.page.evaluate(
            """(names) => names.map((name) => { const box = document.createElement("i"); document.body.append(box);
            box.style.color = `var(--${name})`; return getComputedStyle(box).color; })""",
            ["paper", *names],
        )
        paper, *inks = (_luminance(shade) for shade in shades)
        for name, ink in zip(names, inks, strict=True):
            high, low = max(ink, paper), min(ink, paper)
            assert (high + 0.05) / (low + 0.05) >= 4.5, (scheme, name)
        opened.page.context.close()


def _luminance(shade: str) -> float:
    red, green, blue = (int(part) / 255 for part in re.findall(r"\d+", shade)[:3])
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]  # fmt: skip


def test_names_for_those_who_listen(opened: Opened) -> None:
    page = opened.page
    assert page.locator("nav[aria-label], article[aria-label], label[for=filter]").count() == 3
    nameless = page.evaluate(
        """[...document.querySelectorAll("button, input, svg .mark")].filter((each) =>
        !(each.textContent.trim() || each.getAttribute("aria-label") || each.labels?.length)).length"""
    )
    assert nameless == 0
    assert page.evaluate("document.documentElement.lang") == "en"


def test_print(browser: Any, tmp_path: Path, rendered: Rendered, shop: Report) -> None:
    opened = show(browser, tmp_path, rendered("html"))
    opened.page.emulate_media(media="print")
    opened.page.wait_for_selector("#print article")
    assert opened.page.locator("#print article").count() == len(shop.groups)
    assert not opened.page.locator("#filter").is_visible()
    assert not opened.page.locator("#finding").is_visible()
    assert opened.page.pdf().startswith(b"%PDF")
    opened.page.context.close()


def test_two_examples_share_a_sheet(
    browser: Any, tmp_path: Path, rendered: Rendered, shop: Report
) -> None:
    opened = show(browser, tmp_path, rendered("html"), viewport={"width": 688, "height": 1017})
    opened.page.emulate_media(media="print")
    opened.page.wait_for_selector("#print article")
    heights = opened.page.evaluate(
        """() => [...document.querySelectorAll("#print article")].map((a) => a.offsetHeight)"""
    )
    assert len(heights) == len(shop.groups)
    assert sorted(heights)[len(heights) // 2] < 1017 / 2
    opened.page.context.close()


def test_what_a_cause_is_and_what_would_settle_it_is_told(
    browser: Any, tmp_path: Path, shop: Report
) -> None:
    finding = replace(shop.findings[0], cause="a deploy", settle="Log the version")
    opened = show(browser, tmp_path, render(triage.recounted(shop, (finding,)), "html"))
    told = opened.page.text_content("#finding .told")
    assert "a deploy" in told
    assert "Log the version" in told
    opened.page.context.close()


@pytest.mark.parametrize("word", HOSTILE.values(), ids=HOSTILE)
def test_hostile(word: str, browser: Any, tmp_path: Path) -> None:
    opened = show(browser, tmp_path, render(a_report(word), "html"))
    opened.page.locator("#finding .mark").first.focus()
    assert opened.said == []
    assert len(opened.asked) == 1
    assert opened.page.locator("script").count() == 3
    text = opened.page.evaluate("document.body.innerText")
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\u200e\u200f\x1b\x07]", text)
    opened.page.context.close()


def test_an_empty_report(browser: Any, tmp_path: Path, shop: Report) -> None:
    opened = show(browser, tmp_path, render(triage.recounted(shop, ()), "html"))
    assert opened.said == []
    assert not opened.page.locator("main").is_visible()
    assert "No races found" in opened.page.text_content("h1")
    opened.page.context.close()


def test_five_thousand_findings(browser: Any, tmp_path: Path, shop: Report) -> None:
    """Generous limits: a slow machine must not fail it, a quadratic script must."""
    many = tuple(
        replace(finding, id=f"{finding.id[:5]}{copy:05}", resource=f"{finding.resource}{copy}")
        for copy in range(5_000 // len(shop.findings) + 1)
        for finding in shop.findings
    )[:5_000]
    opened = show(browser, tmp_path, render(triage.recounted(shop, triage.arrange(many)), "html"))
    milliseconds = opened.page.evaluate(
        """() => { const box = document.getElementById("filter"), begun = performance.now();
        for (const word of ["d", "do", "document", "rl101 document", ""]) {
          box.value = word; box.dispatchEvent(new Event("input")); document.body.offsetHeight; }
        return (performance.now() - begun) / 5; }"""
    )
    assert milliseconds < 300
    assert opened.page.locator("nav *").count() < 3_000
    opened.page.context.close()
