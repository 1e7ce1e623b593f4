/** The first page: the archive's episodes with their live state, and adding to them. */
import { h, plain } from '/widget/everyword-search.js';
import { call } from './api.js';
import { failure, facts, isWorking, work } from './episodes.js';
import { addFrom, uploads } from './adding.js';
import { bulkFrom, picker, recount } from './bulk.js';
import { followFrom } from './following.js';
import { arranged, isArranged, isGrouped, offerShows, onArrange, sought } from './arranging.js';
import { fill, showGroups } from './grouping.js';
import { showPaused } from './paused.js';

const BUSY_MS = 1000;
const IDLE_MS = 5000;
const PAGE = 50;

const list = document.querySelector('#episodes');
const groups = document.querySelector('#groups');
const older = document.querySelector('#older');
const nothing = document.querySelector('#nothing');
const trouble = document.querySelector('#trouble');
const note = document.querySelector('#note');
const announcer = document.querySelector('#said');

const rows = new Map(); // episode_id -> {element, shown, episode}
let newest = []; // the first page, as last heard
let cursor = null; // of the pages below it
const every = new Map(); // episode_id -> episode, of all pages that were read
const MANY = 8; // fewer are seen at a glance
let timer = 0;

// The list

function row(episode) {
  const title = plain(episode.title) || plain(episode.filename) || 'Untitled';
  const about = facts(episode);
  // A recording that was never taken in cannot be processed again, only sent again.
  const retrying = episode.again ?? (episode.duration_s == null ? null : () => retry(episode));
  const again = retrying && h('button', { class: 'button', type: 'button', onclick: retrying }, 'Try again');
  return h('li', { class: 'episode', 'data-id': episode.episode_id, 'data-state': episode.state },
    episode.state !== 'uploading' && !episode.episode_id.startsWith('upload-') && picker(episode, title),
    h('h3', {}, episode.state === 'uploading' ? h('bdi', {}, title)
      : h('a', { href: `/episodes/${encodeURIComponent(episode.episode_id)}`, dir: 'auto' }, title)),
    about.length > 0 && h('p', { class: 'meta' }, about),
    h('div', { class: 'tools' }, episode.state !== 'uploading' && h('button', {
      class: 'quiet', type: 'button', 'aria-label': `Remove ${title}`, onclick: () => remove(episode, title),
    }, h('svg', { width: 18, height: 18, viewBox: '0 0 18 18', 'aria-hidden': 'true' },
      h('path', { d: 'M3 5h12M7 5V3h4v2M5 5l.7 10h6.6L13 5M7.7 8v4.5M10.3 8v4.5' })))),
    isWorking(episode) && work(episode),
    episode.state === 'awaiting_upload' && h('p', { class: 'failure' }, 'Waiting for its upload.'),
    episode.state === 'failed' && failure(episode, again));
}

/** Tell whether an answer was overtaken on its way: what is shown never goes back. */
function isOlder(now, before) {
  if (now.updated_at < before.updated_at) return true;
  const same = now.updated_at === before.updated_at && now.state === before.state && now.progress?.stage === before.progress?.stage;
  return same && now.progress?.fraction < before.progress?.fraction;
}

/** Put an episode's row right, and leave it alone when nothing changed: focus stays where it is. */
function show(episode) {
  const known = rows.get(episode.episode_id);
  if (known && isOlder(episode, known.episode)) return known.element;
  const shown = JSON.stringify({ ...episode, updated_at: null });
  if (known?.shown === shown) return known.element;
  const element = row(episode);
  if (known) {
    announce(known.episode, episode);
    const held = [...known.element.querySelectorAll('a,button,input')].indexOf(document.activeElement);
    known.element.replaceWith(element);
    if (held >= 0) element.querySelectorAll('a,button,input')[held]?.focus();
  }
  rows.set(episode.episode_id, { element, shown, episode });
  return element;
}

function announce(before, now) {
  if (before.state === now.state) return;
  if (now.state === 'ready') announcer.textContent = `${plain(now.title)} is ready to be searched`;
  if (now.state === 'failed') announcer.textContent = `${plain(now.title)} failed`;
}

function drop(id) {
  rows.get(id)?.element.remove();
  rows.delete(id);
}

function settle(first) {
  const own = [...uploads.values()];
  const ids = new Set([...own, ...first].map(({ episode_id: id }) => id));
  const oldest = first.at(-1)?.created_at ?? '';
  for (const [id, { episode }] of rows) {
    if (!ids.has(id) && episode.created_at >= oldest) {
      drop(id);
      every.delete(id);
    }
  }
  for (const episode of first) every.set(episode.episode_id, episode);
  const wanted = isArranged() ? arranged([...every.values()]) : [...own, ...first.filter(({ episode_id: id }) => !uploads.has(id))];
  if (isArranged()) {
    const kept = new Set(wanted.map(({ episode_id: id }) => id));
    for (const [id, { element }] of rows) if (!kept.has(id)) element.remove();
  }
  document.querySelector('#none').hidden = Boolean(wanted.length) || !isArranged() || !every.size;
  document.querySelector('#arrange').hidden = !every.size || (every.size < MANY && !isArranged());
  offerShows([...new Set([...every.values()].map(({ show: name }) => name).filter(Boolean))].sort());
  const order = wanted.map(show);
  const inGroups = isGrouped();
  list.hidden = inGroups;
  groups.hidden = !inGroups;
  if (inGroups) showGroups(groups, wanted, order, sought());
  else fill(list, order);
  nothing.hidden = Boolean(list.childElementCount) || (isArranged() && every.size > 0);
  for (const button of document.querySelectorAll('header [data-add]')) button.hidden = !nothing.hidden;
  const names = [...new Set(first.map(({ show: name }) => name).filter(Boolean))].sort();
  recount();
  document.querySelector('#shows').replaceChildren(...names.map((value) => h('option', { value })));
}

async function refresh() {
  clearTimeout(timer);
  if (document.hidden) return;
  try {
    const page = await call(`episodes?limit=${PAGE}`);
    newest = page.episodes.filter(({ state }) => state !== 'removed');
    cursor ??= page.next;
    older.hidden = !cursor;
    settle(newest);
    trouble.hidden = true;
    await showPaused();
  } catch (error) {
    trouble.textContent = error.message;
    trouble.hidden = false;
  }
  const busy = [...rows.values()].some(({ episode }) => isWorking(episode));
  timer = setTimeout(refresh, busy ? BUSY_MS : IDLE_MS);
}

async function readOlder() {
  const page = await call(`episodes?limit=${PAGE}&cursor=${encodeURIComponent(cursor)}`);
  const alive = page.episodes.filter(({ state }) => state !== 'removed');
  for (const episode of alive) every.set(episode.episode_id, episode);
  cursor = page.next;
  older.hidden = !cursor;
  return alive;
}

/** What is asked for may be anywhere: read every page once, then look. */
onArrange(async () => {
  settle(newest);
  try {
    while (cursor) {
      await readOlder();
      settle(newest);
    }
    if (!isArranged()) list.append(...[...every.values()].sort((a, b) => b.created_at.localeCompare(a.created_at)).map(show));
  } catch (error) {
    trouble.textContent = error.message;
    trouble.hidden = false;
  }
});

older.addEventListener('click', async () => {
  try {
    const elements = (await readOlder()).map(show);
    list.append(...elements);
    elements[0]?.querySelector('a').focus();
  } catch (error) {
    trouble.textContent = error.message;
    trouble.hidden = false;
  }
});

// What one can do with an episode

async function act(path, options) {
  try {
    await call(path, options);
  } catch (error) {
    trouble.textContent = error.message;
    trouble.hidden = false;
    return false;
  }
  await refresh();
  return true;
}

/** Take an episode out of what was read, on whichever page it was. */
function gone(id) {
  newest = newest.filter(({ episode_id: each }) => each !== id);
  every.delete(id);
  drop(id);
  settle(newest);
}

function changed(episode) {
  const id = episode.episode_id;
  newest = newest.map((each) => (each.episode_id === id ? episode : each));
  every.set(id, episode);
  show(episode);
  settle(newest);
}

function retry({ episode_id: id }) {
  return act(`episodes/${encodeURIComponent(id)}/replays`, {
    method: 'POST', body: { from: 'AudioUploaded', reason: 'tried again on the page' },
  });
}

function remove({ episode_id: id }, title) {
  const dialog = document.querySelector('#remove');
  document.querySelector('#remove-name').textContent = title;
  dialog.returnValue = '';
  dialog.onclose = () => {
    if (dialog.returnValue !== 'remove') return;
    uploads.delete(id);
    if (id.startsWith('upload-')) refresh(); // it never came as far as the archive
    else act(`episodes/${encodeURIComponent(id)}`, { method: 'DELETE' }).then((done) => done && gone(id));
  };
  dialog.showModal();
}

// Adding, searching, living

addFrom({
  changed: (settled) => (settled ? refresh() : settle(newest)),
  say(text) {
    if (note.hidden) note.replaceChildren();
    note.append(h('p', {}, plain(text)));
    note.hidden = false;
  },
});
followFrom(refresh);
bulkFrom({ gone, changed });
// Enter in a field presses the first button that submits: that shall not be the one that cancels.
for (const button of document.querySelectorAll('dialog [value=cancel]')) {
  button.type = 'button';
  button.addEventListener('click', () => button.closest('dialog').close('cancel'));
}
document.querySelector('#sign-out').hidden = !document.cookie.includes('everyword_signed_in=');
document.addEventListener('visibilitychange', refresh);
document.addEventListener('everyword:results', ({ detail }) => {
  document.body.classList.toggle('searching', Boolean(detail.query));
});
refresh();
