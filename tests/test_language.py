"""What people write for a language, and what comes of it wherever it is written."""

from pathlib import Path

import pytest
from click.testing import CliRunner

import sentivox
from sentivox.cli import main
from sentivox.client.address import stream_url
from sentivox.errors import ProtocolError, SentivoxError
from sentivox.evaluation.work import EvaluationRequest
from sentivox.protocol.language import primary_tag
from sentivox.server.dialects.v1 import parse
from sentivox.server.http.options import UploadOptions
from sentivox.server.negotiation import configured, from_query
from sentivox.stream.config import StreamConfig

WRITTEN = {
    "en": "en", "en-US": "en", "EN_gb": "en", "en-Latn-GB-oxendict": "en", "zh-CN": "zh",
    "zh_TW": "zh", "zh-Hant-TW": "zh", "ZH-hans": "zh", "cmn-Hans-CN": "zh", "zh-cmn": "zh",
    "yue-Hant-HK": "yue", "zh-yue": "yue", "nb-NO": "no", "fil-PH": "tl", "iw": "he",
    "pt-BR": "pt", "es-419": "es", "de-CH-1996": "de", "auto": None, "AUTO": None, None: None,
}  # fmt: skip


@pytest.mark.parametrize(("written", "tag"), WRITTEN.items())
def test_a_tag_comes_to_its_language(written: str | None, tag: str | None) -> None:
    assert primary_tag(written) == tag
    assert StreamConfig(language=written).language == tag
    assert EvaluationRequest(path=Path(), language=written).language == tag


@pytest.mark.parametrize(
    "written", ["", "e", "english", "en-", "en US", "en-US;q=0.9", "en\n", "12", "auto-US", "--"]
)
def test_what_is_no_tag_is_refused_in_one_line(written: str) -> None:
    with pytest.raises(ProtocolError, match=r"is not a tag such as en, zh-CN or auto$") as refused:
        StreamConfig(language=written)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("written", ["en-US", "EN_us", "zh-Hant-TW", "auto"])
def test_every_way_to_a_server_takes_it(written: str) -> None:
    tag, default = primary_tag(written), StreamConfig(language="fr")
    assert from_query({"language": written}, default).config.language == tag
    message = parse(f'{{"type":"Configure","language":"{written}"}}')
    assert configured(message, default).language == tag  # type: ignore[arg-type]
    assert UploadOptions([("language", written)]).asked(default).config.language == tag
    address = stream_url(
        "ws://host", sample_rate=16_000, encoding="linear16", channels=1,
        language=written, modalities=["text"],
    )  # fmt: skip
    assert f"language={written}" in address


def test_the_python_api_takes_it(sample_call: Path) -> None:
    with sentivox.Analyzer("embedded", language="en_US", modalities=["audio"]) as analyzer:
        assert analyzer.config.language == "en"
    with pytest.raises(SentivoxError, match="is not a tag"):
        sentivox.analyze(sample_call, language="english")


@pytest.mark.parametrize("command", ["analyze x.wav", "listen", "calibrate", "evaluate asr"])
def test_the_command_line_refuses_what_is_no_tag(command: str) -> None:
    done = CliRunner().invoke(main, [*command.split(), "--language", "english"])
    assert done.exit_code == 2
    assert "'english' is not a tag such as en, zh-CN or auto" in done.output
