/** Adding from an address: a recording, or a podcast's feed, which is looked at before it is followed. */
import { h, plain } from '/widget/everyword-search.js';
import { call } from './api.js';

const EVERY_MS = 500;
const dialog = document.querySelector('#follow');
const address = document.querySelector('#address');
const saying = document.querySelector('#follow-said');
const go = document.querySelector('#follow-go');

let changed = () => {};
let looked = null; // the address of a feed that was looked at, and would be followed

/** Wire the dialog up; `listener` hears when episodes came. */
export function followFrom(listener) {
  changed = listener;
  for (const button of document.querySelectorAll('[data-follow]')) {
    button.addEventListener('click', () => {
      reset();
      dialog.showModal();
    });
  }
  address.addEventListener('input', reset);
  document.querySelector('#follow-form').addEventListener('submit', (event) => {
    if (event.submitter?.value === 'cancel') return;
    event.preventDefault();
    if (!go.disabled) proceed();
  });
}

function reset() {
  looked = null;
  go.disabled = false;
  go.textContent = 'Look at it';
  saying.replaceChildren();
}

const say = (...lines) => saying.replaceChildren(...lines.map((line) => h('p', {}, line)));

/** Say on the page how far a feed is. */
function progress(text) {
  const line = document.querySelector('#following');
  line.textContent = text;
  line.hidden = false;
}

async function proceed() {
  const url = address.value.trim();
  if (!url) return;
  go.disabled = true;
  try {
    if (looked === url) await follow(url);
    else await look(url);
  } catch (error) {
    say(error.message);
  }
  go.disabled = false;
}

/** Take a recording in at once; of a feed say what it would bring. */
async function look(url) {
  say('Looking…');
  try {
    await call('episodes:import', { method: 'POST', body: { url } });
  } catch (error) {
    if (error.code !== 'is_feed') throw error;
    const report = await call('feeds', { method: 'POST', body: { url, dry_run: true } });
    say(...described(report));
    looked = url;
    go.textContent = 'Follow it';
    return;
  }
  dialog.close();
  changed();
}

function described({ show, items, estimate }) {
  const added = items.filter(({ action }) => action === 'added').length;
  const { hours, processing_hours: work, cost_usd: cost, assumed } = estimate ?? {};
  return [
    `${plain(show)}: ${added} new of ${items.length} episodes, ${hours?.toFixed(1) ?? '?'} hours of audio.`,
    [work == null ? '' : `About ${work.toFixed(1)} hours of work here.`,
      cost == null ? '' : `About ${cost.toFixed(2)} USD.`,
      assumed ? 'A guess: nothing was recognised here yet.' : ''].filter(Boolean).join(' '),
  ];
}

/** Follow a feed, and tell how far it is until all its items are taken in. */
async function follow(url) {
  let report = await call('feeds', { method: 'POST', body: { url, wait_s: 0 } });
  dialog.close();
  while (report.state === 'running') {
    progress(`${plain(report.show)}: ${report.done} of ${report.total || '?'} episodes taken in.`);
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    report = await call(`feed-imports/${encodeURIComponent(report.import_id)}`);
    changed();
  }
  const failed = report.items.filter(({ action }) => action === 'failed');
  progress([
    report.error ? `${plain(report.show)}: ${plain(report.error)} ${plain(report.hint)}`
      : `${plain(report.show)}: ${report.items.filter(({ action }) => action === 'added').length} episodes taken in.`,
    ...failed.map(({ title, message }) => `${plain(title)}: ${plain(message)}`),
  ].join('\n'));
  changed();
}
