"""Photograph the pages of a served city, light and dark, wide and narrow.

`python scripts/screenshots.py http://127.0.0.1:8000 FOLDER`: every page into the folder; with
`--readme` only the pictures that README shows.
"""

import argparse
import re
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
PAGES = {
    "home": "/",
    "search": "/datasets",
    "search-typo": "/datasets?q=parkhuas",
    "map": "/map",
    "publishers": "/publishers",
    "about": "/about",
    "developers": "/developers",
    "sign-in": "/sign-in",
    "missing": "/datasets/not-here",
}
README = {"home": "/", "search": "/datasets", "map": "/map"}
SIZES = {"wide": (1280, 900), "narrow": (360, 760)}


def main() -> int:
    """Photograph, and say where the pictures are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dataset", action="append", default=[], help="also these dataset pages")
    parser.add_argument("--page", action="append", default=[], help="only these addresses")
    parser.add_argument("--language", default="en")
    parser.add_argument("--readme", action="store_true")
    args = parser.parse_args()
    pages = dict(README if args.readme else PAGES)
    for id in args.dataset:
        pages[f"dataset-{id}"] = f"/datasets/{id}"
    if args.page:
        pages = {re.sub(r"\W+", "-", path).strip("-") or "home": path for path in args.page}
    sizes = {"wide": SIZES["wide"]} if args.readme else SIZES
    args.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for size, (width, height) in sizes.items():
            for scheme in ("light", "dark"):
                context = browser.new_context(
                    viewport={"width": width, "height": height},
                    color_scheme=scheme,
                    locale=args.language,
                )
                page = context.new_page()
                page.on("pageerror", lambda error: print(f"  script error: {error}"))
                page.on("console", _say_errors)
                for name, path in pages.items():
                    _take(
                        page,
                        args.base + path,
                        args.folder / f"{name}-{size}-{scheme}.png",
                        not args.readme,
                    )
                context.close()
        browser.close()
    print(f"{args.folder}: {len(pages) * len(sizes) * 2} pictures")
    return 0


def _say_errors(message: object) -> None:
    if getattr(message, "type", "") == "error":
        print(f"  console: {getattr(message, 'text', '')}")


def _take(page: Page, address: str, file: Path, full: bool) -> None:
    page.goto(address)
    page.wait_for_load_state("networkidle")
    if page.locator(".maplibregl-map, [data-map]").count():
        page.wait_for_timeout(2500)
    page.screenshot(path=file, full_page=full)


if __name__ == "__main__":
    sys.exit(main())
