"""MkDocs hooks that add to the site what is stored elsewhere.

These are the model cards, which are beside their weights, and the colours of the pages and reports.
"""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

MODELS = Path(__file__).parents[1] / "src/sentivox/models"
TOKENS = Path(__file__).parents[1] / "src/sentivox/look/files/tokens.css"
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
CARD = re.compile(r"\]\(\.\./src/sentivox/models/([\w-]+)/MODEL_CARD\.md\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page `model-cards/NAME.md` for each model card, and the style sheet `look.css`."""
    files.append(File.generated(config, "look.css", content=look()))
    for card in MODELS.glob("*/MODEL_CARD.md"):
        name = f"model-cards/{card.parent.name}.md"
        files.append(File.generated(config, name, content=card.read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Replace links to a card in the repository by links to its page."""
    return CARD.sub(r"](model-cards/\1.md)", markdown)


def look() -> str:
    """The tokens, light and dark as the reader chooses, and as Material calls its colours."""
    themes = re.findall(r":root \{(.*?)\}", TOKENS.read_text(encoding="utf-8"), re.DOTALL)
    rules = [
        f'[data-md-color-scheme="{scheme}"][data-md-color-primary] {{{theme}{MATERIAL}}}\n'
        for scheme, theme in zip(SCHEMES, themes, strict=True)
    ]
    return "".join(rules) + FRAME
