"""For tests: a transducer of the form onnx-asr loads, built in a second, without trained weights.

It says its words one after the other, whatever it hears: a token every few steps of the encoder.
It tests the form, the times and the joins, and says nothing about accuracy.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

_FEATURES: Final = 128
_SUBSAMPLING: Final = 8
_STATE: Final = 4
_DURATIONS: Final = 5
"""How many steps a token may take: 0 to 4."""
_STEPS_PER_TOKEN: Final = 4
_CERTAIN: Final = 10.0


def write_transducer(folder: Path, pieces: Sequence[str]) -> Path:
    """Write a transducer (TDT) that says `pieces` over and over; `▁` begins a word."""
    import onnx  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = [*pieces, "<blk>"]
    lines = [f"{piece} {number}\n" for number, piece in enumerate(vocabulary)]
    (folder / "vocab.txt").write_text("".join(lines), encoding="utf-8")
    form = {
        "model_type": "nemo-conformer-tdt",
        "features_size": _FEATURES,
        "subsampling_factor": _SUBSAMPLING,
    }
    (folder / "config.json").write_text(json.dumps(form), encoding="utf-8")
    onnx.save(_encoder(), folder / "encoder-model.int8.onnx")
    onnx.save(_decoder(len(vocabulary)), folder / "decoder_joint-model.int8.onnx")
    return folder


def _encoder() -> Any:
    """Average the features over eight frames; the lengths follow."""
    from onnx import TensorProto, helper, numpy_helper  # noqa: PLC0415

    pool = helper.make_node(
        "AveragePool",
        ["audio_signal"],
        ["outputs"],
        kernel_shape=[_SUBSAMPLING],
        strides=[_SUBSAMPLING],
    )
    divide = helper.make_node("Div", ["length", "by"], ["encoded_lengths"])
    graph = helper.make_graph(
        [pool, divide],
        "encoder",
        [
            helper.make_tensor_value_info("audio_signal", TensorProto.FLOAT, ["b", _FEATURES, "t"]),
            helper.make_tensor_value_info("length", TensorProto.INT64, ["b"]),
        ],
        [
            helper.make_tensor_value_info("outputs", TensorProto.FLOAT, ["b", _FEATURES, "n"]),
            helper.make_tensor_value_info("encoded_lengths", TensorProto.INT64, ["b"]),
        ],
        [numpy_helper.from_array(np.array([_SUBSAMPLING], np.int64), "by")],
    )
    return _model(graph)


def _decoder(n_tokens: int) -> Any:
    """Look up by the token before which comes next, and how long it takes."""
    from onnx import TensorProto, helper, numpy_helper  # noqa: PLC0415

    table = np.zeros((n_tokens, n_tokens + _DURATIONS), np.float32)
    for before in range(n_tokens):  # the last one is the blank, which begins
        following = (before + 1) % (n_tokens - 1) if before < n_tokens - 1 else 0
        table[before, following] = _CERTAIN
    table[:, n_tokens + _STEPS_PER_TOKEN] = _CERTAIN
    nodes = [
        helper.make_node("Gather", ["table", "targets"], ["outputs"], axis=0),
        helper.make_node("Identity", ["input_states_1"], ["output_states_1"]),
        helper.make_node("Identity", ["input_states_2"], ["output_states_2"]),
    ]
    state = [1, 1, _STATE]
    floats = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "decoder",
        [
            floats("encoder_outputs", TensorProto.FLOAT, [1, _FEATURES, 1]),
            floats("targets", TensorProto.INT32, [1, 1]),
            floats("target_length", TensorProto.INT32, [1]),
            floats("input_states_1", TensorProto.FLOAT, state),
            floats("input_states_2", TensorProto.FLOAT, state),
        ],
        [
            floats("outputs", TensorProto.FLOAT, [1, 1, n_tokens + _DURATIONS]),
            floats("output_states_1", TensorProto.FLOAT, state),
            floats("output_states_2", TensorProto.FLOAT, state),
        ],
        [numpy_helper.from_array(table, "table")],
    )
    return _model(graph)


def _model(graph: Any) -> Any:
    from onnx import helper  # noqa: PLC0415

    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
