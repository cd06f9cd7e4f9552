"""Recordings that carry pictures, made byte by byte: covers, attachments, video tracks."""

import base64
import io
import struct
import zlib
from collections.abc import Callable
from fractions import Fraction
from typing import Final

import av

from tests.fuzz.recordings import recording

ONE_ROW: Final = 1 << 20
"""Bytes that are deflated once and then repeated."""


def png(side: int) -> bytes:
    """A black square of 32 bits a pixel, deflated to a thousandth; one piece, many times over."""
    size = side * (1 + 4 * side)
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = deflate.compress(bytes(ONE_ROW)) + deflate.flush(zlib.Z_FULL_FLUSH)
    rest = deflate.compress(bytes(size % ONE_ROW)) + deflate.flush()
    adler = struct.pack(">I", (size % 65521) << 16 | 1)
    data = b"\x78\xda" + piece * (size // ONE_ROW) + rest + adler
    header = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


def flac_picture(picture: bytes) -> bytes:
    """A picture as FLAC and Ogg keep it."""
    about = struct.pack(">II", 3, 9) + b"image/png" + struct.pack(">IIIII", 0, 1, 1, 32, 0)
    return about + struct.pack(">I", len(picture)) + picture


def in_flac(picture: bytes, count: int = 1) -> bytes:
    """Metadata blocks of type 6 behind the first."""
    data = recording("flac", "flac", 16_000, 1)
    end = 8 + int.from_bytes(data[5:8], "big")
    block = flac_picture(picture)
    blocks = (b"\x06" + len(block).to_bytes(3, "big") + block) * count
    return b"fLaC" + bytes([data[4] & 0x7F]) + data[5:end] + blocks + data[end:]


def in_ogg(picture: bytes, count: int = 1) -> bytes:
    """Comments of the Opus header packet, on pages of their own."""
    data = recording("ogg", "libopus", 48_000, 1)
    pages = [b"OggS" + page for page in data.split(b"OggS")[1:]]
    field = b"METADATA_BLOCK_PICTURE=" + base64.b64encode(flac_picture(picture))
    fields = (struct.pack("<I", len(field)) + field) * count
    packet = b"OpusTags" + struct.pack("<I", 0) + struct.pack("<I", count) + fields
    serial = pages[0][14:18]
    tags = b""
    for number, start in enumerate(range(0, len(packet) + 1, 255 * 255), 1):
        part = packet[start : start + 255 * 255]
        full, rest = divmod(len(part), 255)
        lacing = bytes([255] * full + ([rest] if full < 255 else []))
        granule = b"\0" * 8 if full < 255 else b"\xff" * 8
        head = b"OggS\0" + bytes([number > 1]) + granule + serial + struct.pack("<I", number)
        tags += _with_crc(head + b"\0" * 4 + bytes([len(lacing)]) + lacing + part)
    return pages[0] + tags + b"".join(pages[2:])


def _with_crc(page: bytes) -> bytes:
    """An Ogg page with its checksum (polynomial 04C11DB7, RFC 3533)."""
    table = [0] * 256
    for byte in range(256):
        crc = byte << 24
        for _ in range(8):
            crc = (crc << 1) ^ (0x04C11DB7 if crc & 0x80000000 else 0)
        table[byte] = crc & 0xFFFFFFFF
    crc = 0
    for byte in page:
        crc = (crc << 8 & 0xFFFFFFFF) ^ table[crc >> 24 ^ byte]
    return page[:22] + struct.pack("<I", crc) + page[26:]


def _id3(picture: bytes, count: int) -> bytes:
    """An ID3v2.3 tag with APIC frames."""
    body = b"\0image/png\0\x03\0" + picture
    frames = (b"APIC" + struct.pack(">IH", len(body), 0) + body) * count
    size = bytes(len(frames) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\3\0\0" + size + frames


def in_mp3(picture: bytes, count: int = 1) -> bytes:
    """A tag before the first frame."""
    return _id3(picture, count) + recording("mp3", "libmp3lame", 16_000, 1)


def in_aiff(picture: bytes, count: int = 1) -> bytes:
    """A chunk with an ID3 tag before the sound."""
    data, tag = recording("aiff", "pcm_s16be", 16_000, 1), _id3(picture, count)
    tag += b"\0" * (len(tag) % 2)
    chunks = b"ID3 " + struct.pack(">I", len(tag)) + tag + data[12:]
    return b"FORM" + struct.pack(">I", 4 + len(chunks)) + data[8:12] + chunks


def in_wav(picture: bytes, count: int = 1) -> bytes:
    """The same in WAV."""
    data, tag = recording("wav", "pcm_s16le", 16_000, 1), _id3(picture, count)
    tag += b"\0" * (len(tag) % 2)
    chunks = data[12:] + b"id3 " + struct.pack("<I", len(tag)) + tag
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def in_m4a(picture: bytes, count: int = 1) -> bytes:
    """`covr` in the index, which is the last box of the file."""
    data = recording("ipod", "aac", 16_000, 1)
    at = data.rindex(b"moov") - 4
    covers = _box(b"data", struct.pack(">II", 14, 0) + picture) * count
    handler = _box(b"hdlr", bytes(8) + b"mdirappl" + bytes(9))
    found = _box(b"meta", bytes(4) + handler + _box(b"ilst", _box(b"covr", covers)))
    return data[:at] + _box(b"moov", data[at + 8 :] + _box(b"udta", found))


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + name + body


def in_wma(picture: bytes, count: int = 1) -> bytes:
    """WM/Picture in an extended content description before the other objects."""
    data = recording("asf", "pcm_s16le", 16_000, 1)
    name = "WM/Picture\0".encode("utf-16-le")
    value = b"\x03" + struct.pack("<I", len(picture)) + "image/png\0\0".encode("utf-16-le")
    value += picture
    # A content description's values have 16 bits of length; a metadata library's have 32.
    entry = struct.pack("<HHHHI", 0, 0, len(name), 1, len(value)) + name + value
    body = struct.pack("<H", count) + entry * count
    library = bytes.fromhex("941c23449894d149a1411d134e457054") + struct.pack("<Q", 24 + len(body))
    inner = library + body
    extension = (
        bytes.fromhex("b503bf5f2ea9cf118ee300c00c205365")
        + struct.pack("<Q", 46 + len(inner))
        + bytes.fromhex("11d2d3abbaa9cf118ee600c00c205365")
        + struct.pack("<HI", 6, len(inner))
        + inner
    )
    size, objects = struct.unpack("<QI", data[16:28])
    head = data[:16] + struct.pack("<QI", size + len(extension), objects + 1) + data[28:30]
    return head + extension + data[30:]


def in_matroska(picture: bytes, count: int = 1) -> bytes:
    """Attached files before the first cluster."""
    data = recording("matroska", "libopus", 48_000, 1, live="1")
    start = data.index(bytes.fromhex("18538067")) + 12  # the segment, of unknown size
    file = (
        _element("466e", b"cover.png")
        + _element("4660", b"image/png")
        + _element("46ae", b"\x01")
        + _element("465c", picture)
    )
    return data[:start] + _element("1941a469", _element("61a7", file) * count) + data[start:]


def _element(number: str, body: bytes) -> bytes:
    return bytes.fromhex(number) + (len(body) | 1 << 56).to_bytes(8, "big") + body


def beside_video(container: str, codec: str) -> Callable[..., bytes]:
    """Pictures as the packets of a video track, muxed as they are."""

    def made(picture: bytes, count: int = 1) -> bytes:
        side = int.from_bytes(picture[16:20], "big")
        file = io.BytesIO()
        with av.open(file, "w", format=container) as out:
            video = out.add_stream("png", rate=25)
            assert isinstance(video, av.VideoStream)
            video.width, video.height, video.pix_fmt = side, side, "rgba"
            sound = out.add_stream(codec, rate=16_000, layout="mono")
            assert isinstance(sound, av.AudioStream)
            for number in range(count):
                packet = av.Packet(picture)
                packet.pts = packet.dts = number
                packet.time_base, packet.stream = Fraction(1, 25), video
                packet.is_keyframe = True
                out.mux(packet)
            for n in range(2):
                frame = av.AudioFrame("s16", "mono", 1600)
                frame.sample_rate, frame.pts = 16_000, 1600 * n
                for plane in frame.planes:
                    plane.update(bytes(plane.buffer_size))
                to_codec = av.AudioResampler(sound.format, "mono", 16_000, sound.frame_size or 1600)
                for piece in to_codec.resample(frame):
                    out.mux(sound.encode(piece))
            out.mux(sound.encode(None))
        return file.getvalue()

    return made


CARRIERS: Final[dict[str, Callable[..., bytes]]] = {
    "flac": in_flac,
    "ogg": in_ogg,
    "mp3": in_mp3,
    "aiff": in_aiff,
    "wav": in_wav,
    "m4a": in_m4a,
    "wma": in_wma,
    "mka": in_matroska,
    "mov": beside_video("mov", "pcm_s16le"),
    "avi": beside_video("avi", "pcm_s16le"),
}
