"""Labelled data of every layout, made here; nothing of anybody's corpus but its file names."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from sentivox.audio.files import write_wav
from sentivox.errors import DataError
from sentivox.evaluation.labels import meaning
from sentivox.evaluation.readers import Example, read_examples


def recordings(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_wav(path, np.zeros(160, np.int16))
    return folder


def by_name(examples: list[Example]) -> dict[str, Example]:
    return {e.file.name: e for e in examples if e.file is not None}


@pytest.mark.parametrize(
    ("label", "emotion", "sentiment"),
    [
        ("fear", "fearful", "negative"),
        ("Fearful", "fearful", "negative"),
        ("joy", "happy", "positive"),
        ("HAP", "happy", "positive"),
        ("calm", "calm", "neutral"),
        ("neutral", "neutral", "neutral"),
        ("NEG", None, "negative"),
        ("very_positive", None, "positive"),
        ("Pleasant Surprise", "surprised", None),
        ("boredom", None, None),
        ("unknown", None, None),
        ("unclear", None, None),
    ],
)
def test_labels_in_many_spellings(label: str, emotion: str | None, sentiment: str | None) -> None:
    meant = meaning(label)
    assert (meant.emotion, meant.sentiment) == (emotion, sentiment)


def test_a_table_of_ones_own(tmp_path: Path) -> None:
    recordings(tmp_path, "a.wav", "sub/b.wav")
    table = tmp_path / "mine.csv"
    table.write_text(
        "\ufefffile,label,transcript,speaker,split,gender,room\n"
        'a.wav,Angry,"no, never",ann,test,F,12\n'
        "\n"
        "sub/b.wav,,,bob,,male,\n",
        encoding="utf-8",
    )
    assert read_examples(table) == [
        Example(
            file=tmp_path / "a.wav",
            label="Angry",
            emotion="angry",
            sentiment="negative",
            transcript="no, never",
            speaker="ann",
            group="female",
            corpus="mine",
            split="test",
        ),
        Example(file=tmp_path / "sub/b.wav", speaker="bob", group="male", corpus="mine"),
    ]


def test_sentences_in_a_folder_of_gzip_tables(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "films.tsv.gz", "wt", encoding="utf-8") as out:
        out.write('split\ttext\tlabel\ntrain\tso "good\tpositive\ntest\tmeh\tneutral\n')
    found = read_examples(tmp_path)
    assert [(e.text, e.sentiment, e.corpus, e.split) for e in found] == [
        ('so "good', "positive", "films", "train"),
        ("meh", "neutral", "films", "test"),
    ]
    assert [e.text for e in read_examples(tmp_path, split="test")] == ["meh"]
    with pytest.raises(DataError, match=r"nothing of split 'dev'; its splits: test, train"):
        read_examples(tmp_path, split="dev")


def test_a_manifest_of_transcripts_has_genders_for_labels(tmp_path: Path) -> None:
    recordings(tmp_path, "x.wav", "y.wav")
    (tmp_path / "manifest.tsv").write_text(
        "file\ttranscript\tspeaker\tlabel\nx.wav\tgood day\t7\tM\ny.wav\tbye\t8\t\n"
    )
    first, second = read_examples(tmp_path)
    assert (first.transcript, first.group, first.label) == ("good day", "male", None)
    assert (second.corpus, second.group) == (tmp_path.name, None)


def test_a_folder_of_several_corpora_in_different_layouts(tmp_path: Path) -> None:
    recordings(tmp_path / "one", "a.wav")
    (tmp_path / "one" / "labels.csv").write_text("file,emotion\na.wav,sad\n")
    recordings(tmp_path / "two", "wav/03a01Fa.wav")
    assert [(e.corpus, e.emotion) for e in read_examples(tmp_path)] == [
        ("one", "sad"),
        ("emodb", "happy"),
    ]


def test_ravdess(tmp_path: Path) -> None:
    recordings(
        tmp_path,
        "Actor_01/03-01-05-02-01-02-01.wav",
        "Actor_02/03-01-02-01-02-01-02.wav",
        "Actor_02/03-02-05-01-01-01-02.wav",  # sung
        "Actor_02/01-01-02-01-02-01-02.mp4",  # the video of the second
        "Actor_02/02-01-02-01-02-01-02.mp4",  # without sound
        "Actor_02/notes.wav",
    )
    found = by_name(read_examples(tmp_path))
    assert list(found) == ["03-01-05-02-01-02-01.wav", "03-01-02-01-02-01-02.wav"]
    angry, calm = found.values()
    assert (angry.emotion, angry.speaker, angry.group) == ("angry", "rav01", "male")
    assert (calm.emotion, calm.sentiment, calm.group) == ("calm", "neutral", "female")
    assert {e.corpus for e in found.values()} == {"ravdess"}


def test_ravdess_videos_stand_in_where_there_is_no_audio(tmp_path: Path) -> None:
    (tmp_path / "Actor_03").mkdir()
    (tmp_path / "Actor_03" / "01-01-08-01-01-01-03.mp4").touch()
    (example,) = read_examples(tmp_path)
    assert (example.emotion, example.sentiment) == ("surprised", None)


def test_tess(tmp_path: Path) -> None:
    names = (
        "OAF_Pleasant_surprise/OAF_back_ps.wav",
        "YAF_fear/YAF_dog_fear.wav",
        "OA_bite_sad.wav",
    )
    found = by_name(read_examples(recordings(tmp_path, *names)))
    assert found["OAF_back_ps.wav"].emotion == "surprised"
    assert found["YAF_dog_fear.wav"].speaker == "tessYAF"
    assert found["OA_bite_sad.wav"].speaker == "tessOAF"  # a slip in the corpus itself
    assert {e.group for e in found.values()} == {"female"}


def test_emodb(tmp_path: Path) -> None:
    codes = {"W": "angry", "L": None, "E": "disgust", "A": "fearful", "F": "happy", "T": "sad",
             "N": "neutral"}  # fmt: skip
    recordings(tmp_path, *(f"wav/16b09{code}b.wav" for code in codes), "wav/11a01Nd.wav")
    found = by_name(read_examples(tmp_path))
    for code, emotion in codes.items():
        assert found[f"16b09{code}b.wav"].emotion == emotion
    assert found["16b09Lb.wav"].sentiment is None
    assert (found["16b09Wb.wav"].speaker, found["16b09Wb.wav"].group) == ("emodb16", "female")
    assert found["11a01Nd.wav"].group == "male"


@pytest.mark.parametrize("place", ["VideoDemographics.csv", "../VideoDemographics.csv", None])
def test_crema_d(tmp_path: Path, place: str | None) -> None:
    folder = recordings(
        tmp_path / "crema", "AudioWAV/1001_DFA_ANG_XX.wav", "AudioWAV/1002_IEO_HAP_HI.wav"
    )
    if place is not None:
        (folder / place).write_text("ActorID,Age,Sex\n1001,51,Male\n1002,21,Female\n")
    angry, happy = read_examples(folder)
    assert (angry.emotion, angry.speaker, angry.corpus) == ("angry", "crema1001", "crema-d")
    assert happy.sentiment == "positive"
    genders = (None, None) if place is None else ("male", "female")
    assert (angry.group, happy.group) == genders


def test_a_limit_takes_evenly_and_always_the_same(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("text,label\n" + "".join(f"t{i},neutral\n" for i in range(10)))
    assert [e.text for e in read_examples(table, limit=5)] == ["t0", "t2", "t4", "t6", "t8"]
    assert len(read_examples(table, limit=50)) == 10


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("text,label\nfine,positive\nbad,furious\n", r"t\.csv, line 3: unknown label 'furious'"),
        ("file,label\nnowhere.wav,sad\n", r"line 2: there is no file .*nowhere\.wav; check"),
        ("words,mood\na,b\n", r"needs a column named file or text .* it has: words, mood"),
        ("", r"it has: nothing"),
        ("file,text\n,\n,\n", None),
        ("text,label\n\xff\n", r"not a table in UTF-8"),
    ],
)  # fmt: skip
def test_a_bad_table_is_one_line_that_says_where(
    tmp_path: Path, content: str, message: str | None
) -> None:
    table = tmp_path / "t.csv"
    table.write_bytes(content.encode("latin-1"))
    if message is None:
        assert [e.text for e in read_examples(table)] == ["", ""]  # said nothing, but said
        return
    with pytest.raises(DataError, match=message) as caught:
        read_examples(table)
    assert "\n" not in str(caught.value)


def test_a_row_without_file_or_text(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("file,label\n,sad\n")
    with pytest.raises(DataError, match="line 2: neither a file nor a text"):
        read_examples(tmp_path / "t.csv")


def test_broken_gzip(tmp_path: Path) -> None:
    (tmp_path / "t.tsv.gz").write_bytes(b"not packed")
    with pytest.raises(DataError, match=r"t\.tsv\.gz cannot be read"):
        read_examples(tmp_path)


def test_a_folder_we_do_not_know(tmp_path: Path) -> None:
    recordings(tmp_path, "song.wav")
    with pytest.raises(DataError, match=r"no labelled data in a known layout \(labels\.csv, "):
        read_examples(tmp_path)
    with pytest.raises(DataError, match="does not exist"):
        read_examples(tmp_path / "nowhere")
