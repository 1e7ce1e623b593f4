"""For tests: a Whisper and an aligner as transformers load them, tiny and with random weights.

They test the form, the times and the joins, and say nothing about accuracy. Where transformers are
in an environment of their own:
`-m transcribe_gpu.testing_transformers whisper|aligner FOLDER`.
"""

import json
import string
import sys
from pathlib import Path
from typing import Any, Final

_LANGUAGES: Final = ("en", "sv")
_STAMPS: Final = 1501
_WIDTH: Final = 32


def write_random_whisper(folder: Path) -> Path:
    """Write a checkpoint with a byte-level vocabulary, for two languages."""
    import torch  # noqa: PLC0415
    from tokenizers.pre_tokenizers import ByteLevel  # noqa: PLC0415
    from transformers import (  # noqa: PLC0415
        GenerationConfig,
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
    )

    folder.mkdir(parents=True, exist_ok=True)
    tokens = [*sorted(ByteLevel.alphabet()), "<|endoftext|>", "<|startoftranscript|>"]
    tokens += [f"<|{code}|>" for code in _LANGUAGES]
    tokens += ["<|translate|>", "<|transcribe|>", "<|startofprev|>", "<|nospeech|>"]
    tokens += ["<|notimestamps|>", *(f"<|{number * 0.02:.2f}|>" for number in range(_STAMPS))]
    ids = {token: number for number, token in enumerate(tokens)}
    _write_tokenizer(folder, ids)
    torch.manual_seed(3)
    config = WhisperConfig(
        vocab_size=len(tokens),
        d_model=_WIDTH,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=_WIDTH,
        decoder_ffn_dim=_WIDTH,
        decoder_start_token_id=ids["<|startoftranscript|>"],
        pad_token_id=ids["<|endoftext|>"],
        bos_token_id=ids["<|endoftext|>"],
        eos_token_id=ids["<|endoftext|>"],
        suppress_tokens=None,
        begin_suppress_tokens=None,
    )
    network = WhisperForConditionalGeneration(config)
    network.generation_config = GenerationConfig(
        decoder_start_token_id=ids["<|startoftranscript|>"],
        eos_token_id=ids["<|endoftext|>"],
        pad_token_id=ids["<|endoftext|>"],
        is_multilingual=True,
        lang_to_id={f"<|{code}|>": ids[f"<|{code}|>"] for code in _LANGUAGES},
        task_to_id={task: ids[f"<|{task}|>"] for task in ("translate", "transcribe")},
        no_timestamps_token_id=ids["<|notimestamps|>"],
        prev_sot_token_id=ids["<|startofprev|>"],
        max_length=24,
    )
    network.save_pretrained(folder)
    WhisperFeatureExtractor().save_pretrained(folder)
    return folder


def write_random_aligner(folder: Path) -> Path:
    """Write a wav2vec2 that knows English letters and times them at random."""
    import torch  # noqa: PLC0415
    from transformers import (  # noqa: PLC0415
        Wav2Vec2Config,
        Wav2Vec2CTCTokenizer,
        Wav2Vec2FeatureExtractor,
        Wav2Vec2ForCTC,
        Wav2Vec2Processor,
    )

    folder.mkdir(parents=True, exist_ok=True)
    letters = ["<pad>", "<s>", "</s>", "<unk>", "|", "'", *string.ascii_uppercase]
    vocabulary = folder / "vocab.json"
    vocabulary.write_text(json.dumps({each: n for n, each in enumerate(letters)}), encoding="utf-8")
    torch.manual_seed(3)
    config = Wav2Vec2Config(
        vocab_size=len(letters),
        hidden_size=_WIDTH,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=_WIDTH,
        conv_dim=(_WIDTH,) * 7,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=2,
        pad_token_id=0,
    )
    Wav2Vec2ForCTC(config).save_pretrained(folder)
    sound = Wav2Vec2FeatureExtractor()
    tokenizer = Wav2Vec2CTCTokenizer(str(vocabulary))
    Wav2Vec2Processor(feature_extractor=sound, tokenizer=tokenizer).save_pretrained(folder)
    return folder


def _write_tokenizer(folder: Path, ids: dict[str, int]) -> None:
    special = [token for token in ids if token.startswith("<|") and not token[2].isdigit()]
    plain = {token: number for token, number in ids.items() if token not in special}
    plain = {token: number for token, number in plain.items() if not token.startswith("<|")}
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    form: dict[str, Any] = {
        "version": "1.0",
        "added_tokens": [
            {
                "id": number,
                "content": token,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": token in special,
            }
            for token, number in ids.items()
            if token.startswith("<|")
        ],
        "pre_tokenizer": {**level, "use_regex": True},
        "decoder": {**level, "use_regex": True},
        "model": {"type": "BPE", "vocab": plain, "merges": []},
    }
    (folder / "tokenizer.json").write_text(json.dumps(form), encoding="utf-8")
    about = {
        "tokenizer_class": "WhisperTokenizerFast",
        "eos_token": "<|endoftext|>",
        "bos_token": "<|endoftext|>",
        "unk_token": "<|endoftext|>",
        "pad_token": "<|endoftext|>",
        "model_max_length": 448,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(about), encoding="utf-8")
    (folder / "vocab.json").write_text(json.dumps(plain), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")


if __name__ == "__main__":
    {"whisper": write_random_whisper, "aligner": write_random_aligner}[sys.argv[1]](
        Path(sys.argv[2])
    )
