"""The operator's file of alert rules, which is read again when it has changed."""

import logging
from pathlib import Path

from sentivox.conversation.alerts.rules import Rule
from sentivox.conversation.alerts.toml_file import BadRules, load_rules
from sentivox.sinks.log import log


class RuleFile:
    """A file of alert rules.

    Args:
        path: The file.

    Raises:
        BadRules: It cannot be read, or a rule in it is wrong.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = self._stamp()
        self._rules = load_rules(path)

    def current(self) -> tuple[Rule, ...]:
        """The rules for a session that begins now.

        If the file has changed since the last call it is read again. If it cannot be used, the
        rules stay as they are, and one line in the log says why.
        """
        stamp = self._stamp()
        if stamp != self._seen:
            self._seen = stamp
            try:
                self._rules = load_rules(self._path)
                log("alerts_loaded", file=self._path, rules=len(self._rules))
            except BadRules as error:
                log("alerts_kept", level=logging.ERROR, problem=error)
        return self._rules

    def _stamp(self) -> tuple[int, int, int] | None:
        """What changes when the file does; None if there is no file."""
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino
