"""For tests: a Whisper that says one sentence to whatever it hears, built in a second.

No trained weights and no download, yet the real faster-whisper runs it. Its layers add nothing to
the residual stream, its embeddings are random (so nearly orthogonal), and its output projection
maps each token's embedding to the token that follows. Positions are angles in four dimensions of
their own; cross-attention compares them, so that each word is heard 0.4 s after the one before.
"""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float32]
_WIDTH: Final = 64
_MELS: Final = 80
_AUDIO_FRAMES: Final = 1500
_TEXT_LENGTH: Final = 448
_CERTAIN: Final = 4.0
_FRAMES_PER_WORD: Final = 20
"""Encoder frames are 20 ms."""
_SHARP: Final = 40.0
_SPECIAL: Final = (
    "<|endoftext|>",
    "<|startoftranscript|>",
    "<|en|>",
    "<|sv|>",
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
    *(f"<|{number * 0.02:.2f}|>" for number in range(1501)),
)


def write_parrot(folder: Path, words: Sequence[str], *, looping: bool = False) -> Path:
    """Write a CTranslate2 Whisper that says `words` in the first 2 s of whatever it decodes.

    A word may come only once; one that begins with a sign (`'s`, `%`) is a piece of the word
    before. `looping`: it says them over and over until it is stopped. It
    takes every language for English, and knows Swedish by name.
    """
    from tokenizers.pre_tokenizers import ByteLevel  # noqa: PLC0415

    said = [f"Ġ{word}" if word[0].isalpha() else word for word in words]
    letters = sorted(ByteLevel.alphabet())
    # The empty token is what CTranslate2 knows a multilingual Whisper by.
    vocabulary = [*letters, *said, "", *_SPECIAL]
    ids = {token: number for number, token in enumerate(vocabulary)}
    chain = ["<|transcribe|>", "<|0.00|>", *said, said[0] if looping else "<|2.00|>"]
    follows = dict(pairwise(chain)) | {
        "<|2.00|>": "<|endoftext|>",
        "<|startoftranscript|>": "<|en|>",
        "<|notimestamps|>": said[0],
    }
    folder.mkdir(parents=True, exist_ok=True)
    _write_model(folder, vocabulary, {ids[a]: ids[b] for a, b in follows.items()}, ids)
    _write_tokenizer(folder, {token: ids[token] for token in [*letters, *said, ""]}, ids)
    return folder


def _write_model(
    folder: Path, vocabulary: list[str], follows: Mapping[int, int], ids: Mapping[str, int]
) -> None:
    from ctranslate2.specs import WhisperSpec  # noqa: PLC0415
    from ctranslate2.specs.whisper_spec import WhisperConfig  # noqa: PLC0415

    random = np.random.default_rng(7)
    embeddings = random.standard_normal((len(vocabulary), _WIDTH)).astype(np.float32)
    embeddings[:, :4] = 0
    embeddings[:, 4:] -= embeddings[:, 4:].mean(axis=1, keepdims=True)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    projection = np.zeros_like(embeddings)
    for token, following in follows.items():
        projection[following] += _CERTAIN * embeddings[token]
    spec = WhisperSpec(1, 1, 1, 1)
    _fill(spec)
    spec.encoder.conv1.weight = _zeros(_WIDTH, _MELS, 3)
    spec.encoder.conv2.weight = _zeros(_WIDTH, _WIDTH, 3)
    spec.encoder.position_encodings.encodings = _angles(np.arange(_AUDIO_FRAMES))
    spec.decoder.position_encodings.encodings = _angles(
        np.minimum(np.arange(_TEXT_LENGTH) * _FRAMES_PER_WORD, _AUDIO_FRAMES - 1)
    )
    spec.decoder.embeddings.weight = embeddings
    spec.decoder.projection.weight = projection
    spec.register_vocabulary(vocabulary)
    spec._config = WhisperConfig(  # noqa: SLF001 - the converters' own way
        suppress_ids=[],
        suppress_ids_begin=[],
        lang_ids=[ids["<|en|>"], ids["<|sv|>"]],
        alignment_heads=[(0, 0)],
    )
    spec.validate()
    spec.optimize(quantization="int8")
    spec.save(str(folder))


def _fill(spec: Any) -> None:
    """Set every layer norm to 1 and every linear layer to 0, by the shapes CTranslate2 wants."""
    layers = (spec.encoder.layer[0], spec.decoder.layer[0])
    norms = [spec.encoder.layer_norm, spec.decoder.layer_norm]
    for layer in layers:
        norms += [layer.self_attention.layer_norm, layer.ffn.layer_norm]
        layer.self_attention.linear[0].weight = _zeros(3 * _WIDTH, _WIDTH)
        layer.self_attention.linear[1].weight = _zeros(_WIDTH, _WIDTH)
        layer.ffn.linear_0.weight = _zeros(_WIDTH, _WIDTH)
        layer.ffn.linear_1.weight = _zeros(_WIDTH, _WIDTH)
    cross = layers[1].attention
    norms.append(cross.layer_norm)
    compare = _zeros(_WIDTH, _WIDTH)
    compare[:4, :4] = _SHARP * np.eye(4)
    cross.linear[0].weight = compare
    cross.linear[1].weight = np.concatenate([compare, _zeros(_WIDTH, _WIDTH)])
    cross.linear[2].weight = _zeros(_WIDTH, _WIDTH)
    for norm in norms:
        norm.gamma, norm.beta = np.ones(_WIDTH, np.float32), _zeros(_WIDTH)


def _write_tokenizer(folder: Path, plain: Mapping[str, int], ids: Mapping[str, int]) -> None:
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    added = [
        {
            "id": ids[token],
            "content": token,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": True,
        }
        for token in _SPECIAL
        if not token[2].isdigit()
    ]
    form = {
        "version": "1.0",
        "added_tokens": added,
        "pre_tokenizer": {**level, "use_regex": True},
        "decoder": {**level, "use_regex": True},
        "model": {"type": "BPE", "vocab": dict(plain), "merges": []},
    }
    (folder / "tokenizer.json").write_text(json.dumps(form), encoding="utf-8")


def _angles(frames: "np.ndarray[Any, np.dtype[np.int64]]") -> Weights:
    """Return each frame's place as an angle, on vectors of one length and without a mean."""
    angle = np.pi * frames / _AUDIO_FRAMES
    places = _zeros(len(frames), _WIDTH)
    places[:, 0], places[:, 1] = np.cos(angle), np.sin(angle)
    places[:, 2:4] = -places[:, :2]
    return places


def _zeros(*shape: int) -> Weights:
    return np.zeros(shape, np.float32)
