"""Folders of models, spoilt."""

import json
import shutil
from pathlib import Path

from sentivox.models.embedded import SIDECAR


def copied(bundled: Path, folder: Path, **changes: object) -> Path:
    """A copy of a bundled model in `folder`, its sidecar changed."""
    shutil.copytree(bundled, folder, dirs_exist_ok=True)
    card = json.loads((folder / SIDECAR).read_text())
    (folder / SIDECAR).write_text(json.dumps(card | changes))
    return folder
