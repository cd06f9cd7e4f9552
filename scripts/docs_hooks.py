"""MkDocs hooks: what the site needs beside the files of docs/.

Adds the model cards, which are stored beside their weights, as pages, and the colours of the pages
and reports; says in the footer which version the site tells of; turns links to other files of the
repository, which the site does not have, into their names; joins the lines of Chinese sentences.
"""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from sentivox import __version__

ROOT = Path(__file__).parents[1]
MODELS = ROOT / "src/sentivox/models"
TOKENS = ROOT / "src/sentivox/look/files/tokens.css"
SCHEMES = ("default", "slate")  # light and dark, in the order of the tokens
MATERIAL = """
  --md-default-bg-color: var(--back); --md-default-fg-color: var(--ink);
  --md-default-fg-color--light: var(--soft); --md-default-fg-color--lighter: var(--silence);
  --md-default-fg-color--lightest: var(--line);
  --md-typeset-color: var(--ink); --md-typeset-a-color: var(--focus);
  --md-accent-fg-color: var(--focus);
  --md-primary-fg-color: var(--card); --md-primary-bg-color: var(--ink);
  --md-primary-bg-color--light: var(--soft); --md-code-bg-color: var(--track);
  --md-code-fg-color: var(--ink); --md-footer-bg-color: var(--track);
  --md-footer-bg-color--dark: var(--line);
  --md-footer-fg-color: var(--ink); --md-footer-fg-color--light: var(--soft);
  --md-footer-fg-color--lighter: var(--soft);
"""
FRAME = """
.md-header { border-bottom: 1px solid var(--line); box-shadow: none !important; }
.md-search__form { border-radius: var(--radius-small); background: var(--track); box-shadow: none; }
"""
CARD = re.compile(r"\]\((?:\.\./)+(?:src/sentivox/models/)?([\w-]+)/MODEL_CARD\.md([^)]*)\)")
FROM_CARD = re.compile(r"\]\((?:\.\./)+docs/([^)]+)\)")
ELSEWHERE = re.compile(r"\[([^]]+)\]\((?:\.\./)+((?:benchmarks|deploy|examples|training)/[^)]*)\)")
RELEASED = re.compile(rf"^## {re.escape(__version__)} - (\S+)$", re.MULTILINE)
UNRELEASED = re.compile(r"^## Unreleased\n+(?!## )", re.MULTILINE)
BROKEN = re.compile(r"(?<=[，。；：、）\u4e00-\u9fff])\n(?=[^\s|#\-*>0-9])")
"""The end of a line in the middle of Chinese, which has no spaces between words."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Say in the footer which version this is, and of when."""
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    found = RELEASED.search(changes)
    since = ", with the changes since" if UNRELEASED.search(changes) else ""
    config.copyright = f"Sentivox {__version__} of {found[1] if found else 'now'}{since}"
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page `model-cards/NAME.md` for each model card, and the style sheet `look.css`."""
    files.append(File.generated(config, "look.css", content=look()))
    for card in MODELS.glob("*/MODEL_CARD.md"):
        name = f"model-cards/{card.parent.name}.md"
        files.append(File.generated(config, name, content=card.read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Let links lead to where things are on the site."""
    up = "../" * page.file.src_uri.count("/")
    markdown = CARD.sub(rf"]({up}model-cards/\1.md\2)", markdown)
    markdown = FROM_CARD.sub(rf"]({up}\1)", markdown)
    markdown = ELSEWHERE.sub(r"\1 (`\2`)", markdown)
    return BROKEN.sub("", markdown) if page.file.src_uri.startswith("zh/") else markdown


def look() -> str:
    """The tokens, light and dark as the reader chooses, and as Material calls its colours."""
    themes = re.findall(r":root \{(.*?)\}", TOKENS.read_text(encoding="utf-8"), re.DOTALL)
    rules = [
        f'[data-md-color-scheme="{scheme}"][data-md-color-primary] {{{theme}{MATERIAL}}}\n'
        for scheme, theme in zip(SCHEMES, themes, strict=True)
    ]
    return "".join(rules) + FRAME
