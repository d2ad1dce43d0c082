"""Takes the pictures of docs/page.md from the page of the demo's model, on a desktop and on a phone, light and dark.

    audio-reasoner page demo/model --port 7860 &
    python benchmarks/page_pictures.py http://127.0.0.1:7860

Needs Chromium and the extra `dev`. Look at them before they are committed.
"""

from __future__ import annotations

import argparse
import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright


IMAGES = Path(__file__).parent.parent / "docs" / "images"
PICTURES = (
    ("page-desktop-light", 1280, "light", {}),
    ("page-desktop-dark", 1280, "dark", {"Whole answer, tokens": "16"}),
    ("page-phone-light", 390, "light", {"number input for Votes": "8"}),
    ("page-phone-dark", 390, "dark", {}),
)
COLOURS = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("address", help="where the page is served")
    address = parser.parse_args().address
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        for name, width, scheme, settings in PICTURES:
            context = browser.new_context(viewport={"width": width, "height": 700}, color_scheme=scheme)
            picture = take(context.new_page(), address, settings)
            image = Image.open(io.BytesIO(picture)).convert("RGB")
            few = image.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
            few.save(IMAGES / f"{name}.png", optimize=True)
            print(
                f"{name}.png: {image.width} x {image.height}, {(IMAGES / f'{name}.png').stat().st_size / 1000:.0f} kB"
            )
            context.close()


def take(page: Page, address: str, settings: dict[str, str]) -> bytes:
    """PNG of the whole page with the answer to its first example, asked with `settings` by label."""
    page.goto(address)
    page.wait_for_selector("#announcer", state="attached")
    page.locator(".example").first.click()
    page.wait_for_selector("#heard img", state="attached")
    if settings:
        page.click("#settings button")
        for label, value in settings.items():
            field = page.get_by_label(label)
            field.wait_for()
            page.wait_for_timeout(300)
            field.fill(value)
            page.keyboard.press("Tab")
    page.click("#ask")
    page.wait_for_selector(".answer:is([data-state=complete], [data-state=incomplete])")
    page.mouse.move(2, 2)
    page.evaluate("document.activeElement?.blur()")
    page.wait_for_timeout(700)  # for colours that fade
    return page.screenshot(full_page=True)


if __name__ == "__main__":
    main()
