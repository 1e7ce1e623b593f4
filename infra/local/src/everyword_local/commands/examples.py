"""What each command's `--help` shows of it in use. A test parses every line."""

from typing import Final

import click

MOST_OF_A_GROUP: Final = 4

EXAMPLES: Final = """
everyword up
everyword up --port 9000 --public-search
everyword demo
everyword demo --keep
everyword add interview.mp3 --show "My show" --wait
everyword add recordings --language en --speakers 2
everyword add --transcript transcripts recordings
everyword add https://example.org/feed.xml --newest 20 --dry-run
everyword status
everyword status --watch
everyword status EPISODE
everyword events EPISODE --follow
everyword events --last 20
everyword logs EPISODE
everyword search lighthouse
everyword search '"the lighthouse keeper"' --show "Island Voices"
everyword search 'storm -snow speaker:Ada' --from 2024-01-01
everyword search 'light*' --json
everyword transcript EPISODE
everyword transcript EPISODE --format vtt > episode.vtt
everyword replay EPISODE --from TranscriptReady --wait
everyword replay --show "My show" --from AudioUploaded --dry-run
everyword replay --all --from TranscriptRefined --only search --rate 5
everyword replays list
everyword replays follow REPLAY
everyword replays pause REPLAY
everyword replays resume REPLAY
everyword replays cancel REPLAY
everyword show-changes EPISODE
everyword edit EPISODE --at 12.5 --text "What was really said." --wait
everyword edit EPISODE --label SPEAKER_00 --name "Ada Berg"
everyword edit EPISODE --label "Ada Berg" --name "Ada Lind" --for-show
everyword edit EPISODE --undo EVENT
everyword failed list
everyword failed show ID
everyword failed redrive --all
everyword failed discard ID
everyword cancel EPISODE
everyword remove EPISODE
everyword remove EPISODE --yes --reason "asked for by the guest"
everyword backup archive.everyword
everyword restore archive.everyword --data restored
everyword export transcripts --show "My show"
everyword retention --dry-run
everyword retention --apply
everyword models list
everyword models fetch base
everyword models path base
everyword models remove base
everyword engines list
everyword engines install whisperx
everyword keys create --scope search --name website
everyword keys list
everyword keys rotate ID
everyword keys revoke ID
everyword shows list
everyword shows publish "My show"
everyword shows hide "My show"
everyword voices list
everyword voices forget "Ada Berg" --show "My show"
everyword worker --api https://archive.example --leave-after 3
everyword cost --show "My show"
everyword cost --estimate --hours 100
everyword doctor
everyword reindex
everyword transcribe talk.mp3 -o talk.json
everyword transcribe talk.mp3 --language en --speakers 2 -o -
everyword refine talk.json -o refined.json --report report.json
everyword captions talk.json --format vtt,srt -o captions
everyword captions convert talk.srt talk.vtt
everyword check-events events.jsonl
everyword feeds add https://example.org/feed.xml --since 2024-01-01
everyword feeds list
everyword feeds poll FEED
everyword feeds imports
everyword feeds cancel IMPORT
everyword feeds remove FEED
everyword webhooks add https://example.org/hook --event EpisodeIndexed
everyword webhooks list
everyword webhooks test ID
everyword webhooks log ID
everyword webhooks remove ID
everyword saved add '"lighthouse keeper"'
everyword saved list
everyword saved remove ID
everyword feed enrich feed.xml richer.xml --base-url https://archive.example
everyword feed snippet EPISODE --base-url https://archive.example
everyword completion bash
everyword completion fish > ~/.config/fish/completions/everyword.fish
everyword eval asr recordings --language en
everyword eval refine
everyword eval search recordings --engine faster-whisper
""".strip().splitlines()


def examples_of(path: str) -> list[str]:
    """Return the lines in which a command or a group is used, such as `keys create`."""
    start = f"everyword {path}"
    return [line for line in EXAMPLES if f"{line} ".startswith(f"{start} ")]


def show_examples(command: click.Command, path: str) -> None:
    """Put the examples at the end of a command's help, and of the commands under it."""
    lines = examples_of(path)
    if isinstance(command, click.Group):
        lines = lines[:MOST_OF_A_GROUP]
        for name, each in command.commands.items():
            show_examples(each, f"{path} {name}")
    shown = "\n".join(("\b", "Examples:", *(f"  {line}" for line in lines)))
    own = command.epilog
    if own is None or "Examples:" not in own:
        command.epilog = f"{shown}\n\n{own}" if own else shown
