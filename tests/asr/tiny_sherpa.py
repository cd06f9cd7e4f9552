"""Models of the true inputs, outputs and metadata that sherpa-onnx loads, and of no weight.

Each hears loudness: loud audio has words, faint audio has none. So the real loader, features and
decoder run, and what comes out is known. The shapes follow the public exports of the models.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

F, I32, I64 = TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64

LANGUAGES = {"auto": 0, "zh": 3, "en": 4, "yue": 7, "ja": 11, "ko": 12, "nospeech": 13}
"""SenseVoice's language inputs, by their numbers in the published model."""

SENSE_TOKENS = (
    "<unk>", "<s>", "</s>", "▁hello", "▁Hello!", "<|withitn|>", "<|woitn|>",
    "<|zh|>", "<|en|>", "<|yue|>", "<|ja|>", "<|ko|>", "<|nospeech|>",
    "<|NEUTRAL|>", "<|HAPPY|>", "<|SAD|>", "<|ANGRY|>", "<|EMO_UNKNOWN|>",
    "<|Speech|>", "<|BGM|>", "<|Laughter|>", "<|Applause|>",
)  # fmt: skip


def sense_voice(
    folder: Path,
    *,
    says: str = "Hello!",
    emotion: str = "HAPPY",
    event: str = "Speech",
    heard: str = "en",
    **entries: str,
) -> Path:
    """SenseVoice: says hello, once, where it is loud, in the language `heard`."""
    tokens = [f"▁{says}" if token == "▁Hello!" else token for token in SENSE_TOKENS]
    ids = {token: i for i, token in enumerate(tokens)}
    size = len(ids)
    languages = np.zeros((16, size), np.float32)
    for name, number in LANGUAGES.items():
        languages[number, ids[f"<|{heard if name == 'auto' else name}|>"]] = 9
    norms = np.zeros((16, size), np.float32)
    norms[14, ids["<|withitn|>"]] = norms[15, ids["<|woitn|>"]] = 9
    words = np.zeros((16, size), np.float32)
    words[14, ids[f"▁{says}"]] = words[15, ids["▁hello"]] = 1
    rows = {
        "languages": languages,
        "norms": norms,
        "words": words,
        "emotion": _row(size, ids[f"<|{emotion}|>"]),
        "event": _row(size, ids[f"<|{event}|>"]),
        "quiet": np.float32(12),
        "one": np.array([1]),
        "nothing": np.float32(0),
    }
    nodes = [
        _node("Gather", ["languages", "language"], "l2"),
        _node("Unsqueeze", ["l2", "one"], "l3"),
        _node("Gather", ["norms", "text_norm"], "n2"),
        _node("Unsqueeze", ["n2", "one"], "n3"),
        _node("Gather", ["words", "text_norm"], "w2"),
        _node("Unsqueeze", ["w2", "one"], "w3"),
        _node("ReduceMean", ["x"], "loudness", axes=[2], keepdims=1),
        _node("ReduceMax", ["loudness"], "loudest", axes=[1], keepdims=1),
        _node("Sub", ["loudest", "quiet"], "louder"),
        _node("Mul", ["louder", "w3"], "once"),
        _node("Mul", ["loudness", "nothing"], "frames"),
        _node("Add", ["frames", "once"], "text"),
        _node("Concat", ["l3", "emotion", "event", "n3", "text"], "logits", axis=1),
    ]
    metadata = {
        "model_type": "sense_voice_ctc",
        "vocab_size": size,
        "lfr_window_size": 7,
        "lfr_window_shift": 6,
        "normalize_samples": 0,
        "neg_mean": ",".join(["0"] * 560),
        "inv_stddev": ",".join(["1"] * 560),
        "with_itn": 14,
        "without_itn": 15,
        "comment": "iic/SenseVoiceSmall",
        **{f"lang_{name}": number for name, number in LANGUAGES.items()},
    }
    _save(
        folder / "model.int8.onnx",
        nodes,
        {"x": (F, ["N", "T", 560]), "x_length": (I32, ["N"]), "language": (I32, ["N"]),
         "text_norm": (I32, ["N"])},
        {"logits": (F, ["N", "U", size])},
        rows,
        metadata | entries,
    )  # fmt: skip
    return _tokens(folder, tokens)


def parakeet(folder: Path) -> Path:
    """Parakeet-TDT: hello world hello world, a word every 320 ms, while it is loud."""
    tokens = ("<unk>", "▁hello", "▁world", "<blk>")
    size, durations = len(tokens), 5
    after = np.zeros((size, 2), np.float32)  # what was said last: its column is 1
    after[1, 0] = after[[0, 2, 3], 1] = 1
    wanted = np.zeros((2, size + durations), np.float32)
    wanted[0, 2] = wanted[1, 1] = 4
    louder = np.zeros(size + durations, np.float32)
    louder[[1, 2]] = 20
    bias = np.zeros(size + durations, np.float32)
    bias[[3, -1]] = 10
    _save(
        folder / "encoder.int8.onnx",
        [
            _node("ReduceMean", ["audio_signal"], "mean", axes=[1], keepdims=1),
            _node("AveragePool", ["mean"], "outputs", kernel_shape=[8], strides=[8]),
            _node("Div", ["length", "eight"], "encoded_lengths"),
        ],
        {"audio_signal": (F, ["B", 128, "T"]), "length": (I64, ["B"])},
        {"outputs": (F, ["B", 1, "U"]), "encoded_lengths": (I64, ["B"])},
        {"eight": np.int64(8)},
        {
            "vocab_size": size - 1,
            "normalize_type": "per_feature",
            "pred_rnn_layers": 1,
            "pred_hidden": 2,
            "subsampling_factor": 8,
            "feat_dim": 128,
            "model_type": "EncDecRNNTBPEModel",
            "url": "https://huggingface.co/nvidia/parakeet-tdt-0.6b-v2",
        },
    )
    state = [1, "B", 2]
    _save(
        folder / "decoder.int8.onnx",
        [
            _node("Gather", ["after", "targets"], "rows"),
            _node("Transpose", ["rows"], "outputs", perm=[0, 2, 1]),
            _node("Identity", ["target_length"], "prednet_lengths"),
            _node("Identity", ["states.1"], "states"),
            _node("Identity", ["onnx::Slice_3"], "162"),
        ],
        {"targets": (I32, ["B", "U"]), "target_length": (I32, ["B"]), "states.1": (F, state),
         "onnx::Slice_3": (F, state)},
        {"outputs": (F, ["B", 2, "U"]), "prednet_lengths": (I32, ["B"]), "states": (F, state),
         "162": (F, state)},
        {"after": after},
    )  # fmt: skip
    _save(
        folder / "joiner.int8.onnx",
        [
            _node("Transpose", ["encoder_outputs"], "e3", perm=[0, 2, 1]),
            _node("Unsqueeze", ["e3", "two"], "e4"),
            _node("Mul", ["e4", "louder"], "heard"),
            _node("Transpose", ["decoder_outputs"], "d3", perm=[0, 2, 1]),
            _node("MatMul", ["d3", "wanted"], "next"),
            _node("Unsqueeze", ["next", "one"], "next4"),
            _node("Add", ["heard", "next4"], "sum"),
            _node("Add", ["sum", "bias"], "outputs"),
        ],
        {"encoder_outputs": (F, ["B", 1, "T"]), "decoder_outputs": (F, ["B", 2, "U"])},
        {"outputs": (F, ["B", "T", "U", size + durations])},
        {"one": np.array([1]), "two": np.array([2]), "louder": louder, "wanted": wanted,
         "bias": bias},
    )  # fmt: skip
    return _tokens(folder, tokens)


def moonshine(folder: Path) -> Path:
    """Moonshine: hello world, once, where it is loud."""
    tokens = ("<unk>", "<s>", "</s>", "▁hello", "▁world")
    size = len(tokens)
    follows = np.zeros((size, size), np.float32)
    follows[3, 4] = follows[4, 2] = 9
    _save(
        folder / "preprocess.onnx",
        [
            _node("Unsqueeze", ["args_0", "one"], "wave"),
            _node("Abs", ["wave"], "size"),
            _node("AveragePool", ["size"], "pooled", kernel_shape=[384], strides=[384]),
            _node("Transpose", ["pooled"], "sequential", perm=[0, 2, 1]),
        ],
        {"args_0": (F, [1, "S"])},
        {"sequential": (F, [1, "T", 1])},
        {"one": np.array([1])},
    )
    _save(
        folder / "encode.int8.onnx",
        [_node("Identity", ["args_0"], "layer_normalization")],
        {"args_0": (F, [1, "T", 1]), "args_1": (I32, [1])},
        {"layer_normalization": (F, [1, "T", 1])},
        {},
    )
    first = np.zeros(size, np.float32)
    first[3] = 100
    stop = np.zeros(size, np.float32)
    stop[2] = 1
    decoder = {"args_0": (I32, [1, 1]), "args_1": (F, [1, "T", 1]), "args_2": (I32, [1])}
    _save(
        folder / "uncached_decode.int8.onnx",
        [
            _node("ReduceMax", ["args_1"], "loudness", axes=[1], keepdims=1),
            _node("Mul", ["loudness", "first"], "heard"),
            _node("Add", ["heard", "stop"], "reversible_embedding"),
            _node("Identity", ["loudness"], "state"),
        ],
        decoder,
        {"reversible_embedding": (F, [1, 1, size]), "state": (F, [1, 1, 1])},
        {"first": first, "stop": stop},
    )
    _save(
        folder / "cached_decode.int8.onnx",
        [
            _node("Gather", ["follows", "args_0"], "reversible_embedding"),
            _node("Identity", ["args_3"], "state"),
        ],
        decoder | {"args_3": (F, [1, 1, 1])},
        {"reversible_embedding": (F, [1, 1, size]), "state": (F, [1, 1, 1])},
        {"follows": follows},
    )
    return _tokens(folder, tokens)


def zipformer(folder: Path) -> Path:
    """Streaming zipformer: hello world, once, as soon as it is loud."""
    tokens = ("<blk>", "▁hello", "▁world", "<unk>")
    size, dims, left, kernel = len(tokens), 4, 2, 3
    states: dict[str, tuple[int, list[int | str]]] = {
        "cached_key_0": (F, [left, "N", 1]),
        "cached_nonlin_attn_0": (F, [1, "N", left, 3 * dims // 4]),
        "cached_val1_0": (F, [left, "N", 1]),
        "cached_val2_0": (F, [left, "N", 1]),
        "cached_conv1_0": (F, ["N", dims, kernel // 2]),
        "cached_conv2_0": (F, ["N", dims, kernel // 2]),
        "embed_states": (F, ["N", 128, 3, 19]),
        "processed_lens": (I64, ["N"]),
    }
    spread = np.array([[1, 0]], np.float32)
    _save(
        folder / "encoder-epoch-99-avg-1-chunk-16-left-128.int8.onnx",
        [
            _node("Slice", ["x", "start", "stop", "one"], "chunk"),
            _node("ReduceMean", ["chunk"], "mean", axes=[2], keepdims=1),
            _node("Transpose", ["mean"], "across", perm=[0, 2, 1]),
            _node("AveragePool", ["across"], "pooled", kernel_shape=[4], strides=[4]),
            _node("Transpose", ["pooled"], "frames", perm=[0, 2, 1]),
            _node("MatMul", ["frames", "spread"], "encoder_out"),
            *(_node("Identity", [name], f"new_{name}") for name in states),
        ],
        {"x": (F, ["N", 45, 80]), **states},
        {"encoder_out": (F, ["N", 8, 2]), **{f"new_{k}": v for k, v in states.items()}},
        {"start": np.array([0]), "stop": np.array([32]), "one": np.array([1]), "spread": spread},
        {
            "model_type": "zipformer2",
            "decode_chunk_len": 32,
            "T": 45,
            "num_encoder_layers": 1,
            "encoder_dims": dims,
            "cnn_module_kernels": kernel,
            "left_context_len": left,
            "query_head_dims": 1,
            "value_head_dims": 1,
            "num_heads": 1,
        },
    )
    after = np.zeros((size, 2), np.float32)
    after[1, 1] = 1  # after hello comes world
    after[2, 0] = -9  # and after world nothing
    _save(
        folder / "decoder-epoch-99-avg-1-chunk-16-left-128.onnx",
        [
            _node("Gather", ["y", "last"], "latest", axis=1),
            _node("Gather", ["after", "latest"], "decoder_out"),
        ],
        {"y": (I64, ["N", 2])},
        {"decoder_out": (F, ["N", 2])},
        {"last": np.int64(1), "after": after},
        {"vocab_size": size, "context_size": 2},
    )
    # The mean log energy of samples in -1…1 is about -2 where it is loud, and -14 where faint.
    heard = np.array([[0, 1, 1, 0], [0, 0, 4, 0]], np.float32)
    bias = np.array([0, 6, 4, -99], np.float32)
    _save(
        folder / "joiner-epoch-99-avg-1-chunk-16-left-128.int8.onnx",
        [
            _node("Add", ["encoder_out", "decoder_out"], "both"),
            _node("MatMul", ["both", "heard"], "words"),
            _node("Add", ["words", "bias"], "logit"),
        ],
        {"encoder_out": (F, ["N", 2]), "decoder_out": (F, ["N", 2])},
        {"logit": (F, ["N", size])},
        {"heard": heard, "bias": bias},
        {"joiner_dim": 2},
    )
    return _tokens(folder, tokens)


def speaker_model(path: Path, **entries: str) -> Path:
    """A speaker embedding: how far each mel band reaches; a muffled voice is not a clear one."""
    metadata = {
        "framework": "3d-speaker",
        "language": "Chinese-English",
        "sample_rate": 16000,
        "output_dim": 80,
        "normalize_samples": 1,
        "feature_normalize_type": "global-mean",
    }
    _save(
        path,
        [
            _node("ReduceMax", ["x"], "peaks", axes=[1], keepdims=0),
            _node("ReduceMean", ["peaks"], "mean", axes=[1], keepdims=1),
            _node("Sub", ["peaks", "mean"], "embedding"),
        ],
        {"x": (F, ["N", "T", 80])},
        {"embedding": (F, ["N", 80])},
        {},
        metadata | entries,
    )
    return path


def _row(size: int, index: int) -> np.ndarray:
    row = np.zeros((1, 1, size), np.float32)
    row[0, 0, index] = 9
    return row


def _node(op: str, inputs: Sequence[str], output: str, **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(op, inputs, [output], **attributes)


def _save(  # noqa: PLR0917
    path: Path,
    nodes: Sequence[onnx.NodeProto],
    inputs: Mapping[str, tuple[int, Sequence[int | str]]],
    outputs: Mapping[str, tuple[int, Sequence[int | str]]],
    weights: Mapping[str, np.ndarray | np.generic],
    metadata: Mapping[str, object] = {},
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    graph = helper.make_graph(
        list(nodes),
        path.stem,
        [helper.make_tensor_value_info(name, *about) for name, about in inputs.items()],
        [helper.make_tensor_value_info(name, *about) for name, about in outputs.items()],
        [numpy_helper.from_array(np.asarray(w), name) for name, w in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, {key: str(value) for key, value in metadata.items()})
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _tokens(folder: Path, tokens: Sequence[str]) -> Path:
    lines = [f"{token} {i}\n" for i, token in enumerate(tokens)]
    (folder / "tokens.txt").write_text("".join(lines), encoding="utf-8")
    return folder
