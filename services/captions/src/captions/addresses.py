"""Where people find a caption file that an event references."""

from captions.domain.file_formats import CHAPTERS_FILE, FORMATS
from everyword_events import BlobRef


def address_of(ref: BlobRef) -> str:
    """Return the address that serves a caption file; another blob's own name."""
    match ref.uri.rsplit("/", 4):
        case [_, episode_id, run_id, "captions", file]:
            if file == CHAPTERS_FILE:
                return f"/v1/episodes/{episode_id}/chapters.json"
            for form in FORMATS.values():
                if form.file == file:
                    return f"/v1/episodes/{episode_id}/transcript{form.suffix}?run={run_id}"
    return ref.uri
