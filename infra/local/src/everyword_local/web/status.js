/** The status page: what waits, what is worked on, what stands still and what to do about it. */
import { h, plain } from '/widget/everyword-search.js';
import { call } from './api.js';
import { said } from './episodes.js';

const EVERY_MS = 2000;
const MOST = 20;
const AT_WORK = ['transcribing', 'refining', 'publishing'];

const find = (id) => document.querySelector(`#${id}`);
/** What not every key may ask for is left out. */
const allowed = (path, otherwise) => call(path).catch(() => otherwise);

let timer = 0;

function list(section, entries) {
  find(section).hidden = entries.length === 0;
  const shown = entries.map(({ shown: each }) => each).join('\n');
  if (find(section).dataset.shown === shown) return; // focus and what is read aloud stay
  find(section).dataset.shown = shown;
  find(`${section}-list`).replaceChildren(...entries.map(({ element }) => element()));
}

function entry(title, text, fraction, ...tools) {
  return {
    shown: JSON.stringify([title, text, fraction, tools.length]),
    element: () => h('li', { class: 'episode' },
      h('h3', {}, h('bdi', {}, title)),
      h('div', { class: 'work' },
        fraction === undefined ? h('span', {}, '') : h('progress', { 'aria-label': title, max: 1, value: fraction }),
        h('span', {}, text)),
      ...tools),
  };
}

const step = (episode) => entry(plain(episode.title) || 'Untitled', said(episode), episode.progress?.fraction ?? null);
const feed = ({ show, done, total }) => entry(show, `${done} of ${total || '?'} items`, total ? done / total : null);
const replay = ({ event, state, done, total }) =>
  entry(`Replay from ${event}`, `${done} of ${total}${state === 'paused' ? ', paused' : ''}`, total ? done / total : null);

function pausedService([service, { message, hint }]) {
  const text = `${service}: ${plain(message)}${hint ? ` - ${plain(hint)}` : ''}`;
  return { shown: text, element: () => h('li', {}, text) };
}

function deadLetter(dead) {
  const act = (what) => async () => {
    try {
      await call(`dead-letters:${what}`, { method: 'POST', body: { dead_letters: [dead.dead_letter_id] } });
    } catch (error) {
      complain(error);
    }
    refresh();
  };
  const title = `${dead.service}: ${dead.event.type}`;
  const text = `${plain(dead.message)}${dead.hint ? ` - ${plain(dead.hint)}` : ''}`;
  return {
    shown: dead.dead_letter_id,
    element: () => h('li', { class: 'episode' }, h('h3', {}, title), h('p', { class: 'meta' }, text),
      h('div', { class: 'failure' },
        h('button', { class: 'button', type: 'button', onclick: act('redrive'), 'aria-label': `Try again: ${title}` }, 'Try again'), ' ',
        h('button', { class: 'button', type: 'button', onclick: act('discard'), 'aria-label': `Drop: ${title}` }, 'Drop'))),
  };
}

function queues(depths) {
  find('queues').replaceChildren(...Object.entries(depths).map(([service, depth]) =>
    h('tr', {}, h('th', { scope: 'row' }, service),
      ...['waiting', 'in_flight', 'delayed', 'dead'].map((kind) => h('td', {}, String(depth[kind]))))));
}

function complain(error) {
  find('trouble').textContent = error?.message ?? '';
  find('trouble').hidden = !error;
}

async function refresh() {
  clearTimeout(timer);
  if (document.hidden) return;
  try {
    const health = await call('health');
    const steps = (await Promise.all(AT_WORK.map((state) => call(`episodes?state=${state}&limit=${MOST}`))))
      .flatMap(({ episodes }) => episodes);
    const { imports } = await allowed('feed-imports', { imports: [] });
    const { replays } = await allowed('replays', { replays: [] });
    const { dead_letters: dead } = await allowed(`dead-letters?limit=${MOST}`, { dead_letters: [] });
    list('paused', Object.entries(health.paused).map(pausedService));
    list('steps', steps.map(step));
    list('beside', [
      ...imports.filter(({ state }) => state === 'running').map(feed),
      ...replays.filter(({ state }) => ['running', 'paused'].includes(state)).map(replay),
    ]);
    list('dead', dead.map(deadLetter));
    queues(health.depths);
    const stands = Object.keys(health.paused).length;
    const summary = [health.pending ? `${health.pending} pieces of work are left.` : 'Nothing is left to do.',
      stands && `${stands} of the services stand still.`].filter(Boolean).join(' ');
    if (find('summary').textContent !== summary) find('summary').textContent = summary;
    complain(null);
  } catch (error) {
    complain(error);
  }
  timer = setTimeout(refresh, EVERY_MS);
}

document.addEventListener('visibilitychange', refresh);
refresh();
