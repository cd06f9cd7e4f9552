"""Streaming parser of a multipart form that holds a recording, with bounded memory.

Starlette's own parser keeps headers of any length in memory and would write each file twice.
"""

from typing import TYPE_CHECKING, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from sentivox.errors import ProtocolError
from sentivox.server.http.options import FILE_FIELD, FormOptions

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_MOST_PARTS: Final = 32
"""Maximum number of parts in a form."""

_MOST_HEAD: Final = 8 << 10
"""Maximum bytes of all headers of a part."""

_WHAT_TO_DO: Final = (
    "send a form as curl -F file=@call.wav does, or the recording alone as the body with "
    "Content-Type: application/octet-stream"
)


class NotAForm(Exception):  # noqa: N818  (named for what was received)
    """The body is not a well-formed multipart form, though its Content-Type says so."""


class Form:
    """Parser of multipart/form-data (RFC 7578) with one file and any number of options.

    Args:
        content_type: Content-Type header of the request, which names the boundary.
        options: Receives the options found in the form.

    Attributes:
        filename: File name of the recording; None until its part has begun.

    Raises:
        NotAForm: The header names no boundary, or one that is too long.
    """

    def __init__(self, content_type: str, options: FormOptions) -> None:
        self.filename: str | None = None
        self._options = options
        self._parts = self._head = 0
        self._header, self._value = bytearray(), bytearray()
        self._disposition = b""
        self._option: str | None = None
        self._file: list[bytes] = []
        self._whole = False
        boundary = parse_options_header(content_type)[1].get(b"boundary")
        if not boundary:
            raise NotAForm(f"the form's Content-Type names no boundary: {_WHAT_TO_DO}")
        try:
            self._parser = MultipartParser(boundary, self._callbacks())
        except FormParserError:
            raise NotAForm(f"the form's boundary is too long: {_WHAT_TO_DO}") from None

    def feed(self, data: bytes) -> list[bytes]:
        """Parse the next bytes of the body; returns the pieces of the file they contain.

        Raises:
            NotAForm: The bytes are malformed, or a part's headers are too long.
            ProtocolError: The form has a second file, too many parts, or an unknown, contradictory
                or overlong option.
        """
        try:
            self._parser.write(data)
        except FormParserError:
            raise NotAForm(f"the body is not multipart/form-data: {_WHAT_TO_DO}") from None
        found, self._file = self._file, []
        return found

    def finish(self) -> None:
        """Check at the end of the body that the form is complete.

        Raises:
            NotAForm: The form is incomplete.
            ProtocolError: The form has no file.
        """
        if not self._whole:
            raise NotAForm(f"the form is incomplete: {_WHAT_TO_DO}")
        if self.filename is None:
            raise ProtocolError(f"the form has no file: {_WHAT_TO_DO}")

    def _callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._on_header,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_head,
            "on_part_data": self._on_data,
            "on_part_end": self._end,
            "on_end": self._on_end,
        }

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise ProtocolError(f"the form has more than {_MOST_PARTS} fields")
        self._head, self._disposition = 0, b""

    def _on_header(self, data: bytes, start: int, end: int) -> None:
        self._spend(end - start)
        self._header += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._spend(end - start)
        self._value += data[start:end]

    def _spend(self, size: int) -> None:
        self._head += size
        if self._head > _MOST_HEAD:
            raise NotAForm(f"a field's headers are longer than {_MOST_HEAD} bytes: {_WHAT_TO_DO}")

    def _on_header_end(self) -> None:
        if bytes(self._header).lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def _on_head(self) -> None:
        """Decide from a part's headers whether it is the recording or an option."""
        parameters = parse_options_header(self._disposition)[1]
        name = parameters.get(b"name", b"").decode(errors="replace")
        filename = parameters.get(b"filename")
        if name != FILE_FIELD:
            self._options.require(name)
            if filename is not None:
                raise ProtocolError(f"{name} is an option: send its value, not a file")
            self._option = name
        elif filename is None:
            raise ProtocolError(f"the field {FILE_FIELD} has no filename: {_WHAT_TO_DO}")
        elif self.filename is not None:
            raise ProtocolError("the form has two files: send one recording per request")
        else:
            self.filename = filename.decode(errors="replace")

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._option is None:
            self._file.append(data[start:end])
            return
        self._value += data[start:end]
        if len(self._value) > self._options.longest:
            raise ProtocolError(f"{self._option} is longer than {self._options.longest} bytes")

    def _end(self) -> None:
        if self._option is not None:
            self._options.add(self._option, self._value.decode(errors="replace"))
            self._value.clear()
            self._option = None

    def _on_end(self) -> None:
        self._whole = True
