"""Episodes as others see them: folded from the event log, kept in the catalogue for listing."""

from collections.abc import Callable

from everyword_events import (
    AudioUploaded,
    EpisodeCreated,
    Event,
    EventLog,
    NotFound,
    TranscriptReady,
    UploadRejected,
    next_run_id,
    removal_of,
)
from ingest.domain import EpisodeView, State, fold
from ingest.ports import EpisodeCatalogue, EpisodePage, ProgressBoard


def quietly(_total: int) -> Callable[[int], None]:
    """Tell nobody how far it is."""
    return lambda _done: None


class Episodes:
    """Reads one episode from the event log, always fresh; many from the catalogue.

    What ingest itself publishes is projected at once, so that who creates an episode finds it in
    the next listing; what others publish follows when the bus delivers it.
    """

    def __init__(
        self,
        log: EventLog,
        catalogue: EpisodeCatalogue,
        progress: ProgressBoard | None,
    ) -> None:
        self._log = log
        self._catalogue = catalogue
        self._progress = progress

    def find(self, episode_id: str) -> EpisodeView | None:
        """Return the episode, or None if there is no such episode."""
        recorded = self._log.of_episode(episode_id)
        return self._with_progress(fold(each.event for each in recorded)) if recorded else None

    def get(self, episode_id: str) -> EpisodeView:
        """Return the episode.

        Raises:
            NotFound: there is no such episode.
        """
        view = self.find(episode_id)
        if view is None:
            raise NotFound(
                f"no episode {episode_id[:80]!r}", hint="list them", code="episode_missing"
            )
        return view

    def announcement(self, episode_id: str) -> Event | None:
        """Return the episode's EpisodeCreated."""
        recorded = self._log.of_episode(episode_id)
        return next((r.event for r in recorded if isinstance(r.event.data, EpisodeCreated)), None)

    def has_audio(self, announcement: Event) -> bool:
        """Tell whether an announced run got its audio, or a verdict that it gets none."""
        recorded = self._log.of_episode(announcement.meta.episode_id)
        return any(
            each.event.meta.run_id == announcement.meta.run_id
            and isinstance(each.event.data, AudioUploaded | TranscriptReady | UploadRejected)
            for each in recorded
        )

    def page(
        self, *, show: str | None, state: State | None, cursor: str | None, limit: int
    ) -> EpisodePage:
        """Return a page of episodes, newest first."""
        page = self._catalogue.page(show=show, state=state, cursor=cursor, limit=limit)
        return EpisodePage([self._with_progress(view) for view in page.episodes], page.next_cursor)

    def record(self, event: Event) -> None:
        """Publish an event of ours and project its episode."""
        self._log.append([event])
        self.project(event)

    def project(self, event: Event) -> EpisodeView:
        """Fold the event's episode anew and keep the view.

        The event is folded in even where the log has yet to learn of it.
        """
        recorded = self._log.of_episode(event.meta.episode_id)
        view = fold([*(each.event for each in recorded), event])
        self._catalogue.put(view, position=recorded[-1].position if recorded else 0)
        return view

    def removal_of(self, service: str, episode_id: str, *, reason: str) -> Event:
        """Return the event that removes the episode."""
        return removal_of(self._log, service, episode_id, reason=reason)

    def next_run_id(self, episode_id: str) -> str:
        """Return the id of a new run of the episode, newer than all it had."""
        return next_run_id(self._log, episode_id)

    def refresh(self, episode_id: str) -> None:
        """Fold the episode anew from the log, in place of what was known of it."""
        recorded = self._log.of_episode(episode_id)
        if recorded:
            view = fold(each.event for each in recorded)
            self._catalogue.put(view, position=recorded[-1].position)

    def rebuild(self, telling: Callable[[int], Callable[[int], None]] = quietly) -> int:
        """Make the catalogue anew from the event log; return how many episodes there are.

        `telling` is given that number, and what it returns how many are done.
        """
        self._catalogue.clear()
        ids = dict.fromkeys(each.event.meta.episode_id for each in self._log.scan())
        progress = telling(len(ids))
        for number, episode_id in enumerate(ids):
            self.refresh(episode_id)
            progress(number)
        return len(ids)

    def _with_progress(self, view: EpisodeView) -> EpisodeView:
        if self._progress is None or view.state in {"awaiting_upload", "ready", "failed"}:
            return view
        return view.with_progress(self._progress.read(view.episode_id, view.run_id))
