"""MkDocs hooks that add the model cards, which are stored beside their weights, to the site."""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

MODELS = Path(__file__).parents[1] / "src/sentivox/models"
CARD = re.compile(r"\]\(\.\./src/sentivox/models/([\w-]+)/MODEL_CARD\.md\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page `model-cards/NAME.md` for each model card."""
    for card in MODELS.glob("*/MODEL_CARD.md"):
        name = f"model-cards/{card.parent.name}.md"
        files.append(File.generated(config, name, content=card.read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Replace links to a card in the repository by links to its page."""
    return CARD.sub(r"](model-cards/\1.md)", markdown)
