/** An episode that is not ready: how far it is; the page with its transcript when it is. */
import { h, plain } from '/widget/everyword-search.js';
import { call } from './api.js';
import { failure, isWorking, work } from './episodes.js';

const POLL_MS = 1000;
const id = decodeURIComponent(location.pathname.split('/').at(-1));
const state = document.querySelector('#state');

async function refresh() {
  let episode;
  try {
    episode = await call(`episodes/${encodeURIComponent(id)}`);
  } catch (error) {
    state.replaceChildren(h('p', { class: 'trouble' }, error.message));
    if (error.status !== 404) setTimeout(refresh, POLL_MS * 5);
    return;
  }
  document.title = `${plain(episode.title)} · Everyword`;
  document.querySelector('#title').textContent = plain(episode.title);
  document.querySelector('#over').textContent = plain(episode.show);
  if (episode.state === 'ready') {
    location.reload();
    return;
  }
  if (episode.state === 'failed') state.replaceChildren(failure(episode));
  else if (isWorking(episode)) state.replaceChildren(work(episode));
  else state.replaceChildren(h('p', {}, episode.state === 'removed' ? 'This episode was removed.' : 'Waiting for its upload.'));
  if (episode.state !== 'removed') setTimeout(refresh, POLL_MS);
}

refresh();
