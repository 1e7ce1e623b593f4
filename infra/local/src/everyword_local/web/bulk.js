/** Acting on several episodes at once: removing, processing again, moving to a show; each one's outcome is told. */
import { h, plain } from '/widget/everyword-search.js';
import { call } from './api.js';

const MANY = 8; // titles that a question names
const archive = document.querySelector('#archive');
const toggle = document.querySelector('#select');
const bar = document.querySelector('#bulk');
const outcome = h('div', { class: 'outcome', role: 'status' });
const count = h('span', { class: 'count', role: 'status' });
const known = new Map(); // episode_id -> {episode, title}, of every row with a box
const chosen = new Set(); // episode_id
let listed = { gone() {}, changed() {} };
let isRunning = false;

const path = (id) => `episodes/${encodeURIComponent(id)}`;
const boxes = () => [...archive.querySelectorAll('.pick input')];
/** What is chosen and shown: nothing happens to an episode that is filtered out. */
const picked = () => boxes().filter(({ checked }) => checked).map(({ value }) => known.get(value));
const many = (n) => `${n} ${n === 1 ? 'episode' : 'episodes'}`;

/** Return the box that chooses an episode. */
export function picker(episode, title) {
  known.set(episode.episode_id, { episode, title });
  const input = h('input', { type: 'checkbox', value: episode.episode_id, 'aria-label': `Select ${title}`, onchange: () => {
    if (input.checked) chosen.add(input.value);
    else chosen.delete(input.value);
    recount();
  } });
  input.checked = chosen.has(input.value);
  return h('label', { class: 'pick' }, input);
}

/** Say how many are chosen; to be called when other rows are shown. */
export function recount() {
  const all = boxes();
  const n = picked().length;
  toggle.hidden = !all.length && bar.hidden;
  const text = `${many(n)} selected`;
  if (count.textContent !== text) count.textContent = text;
  for (const button of needing) button.disabled = !n || isRunning;
  everything.textContent = n && n === all.length ? 'Select none' : 'Select all';
}

function ask(title, verb, content, { danger = false, keep = 'Cancel' } = {}) {
  const dialog = h('dialog', { 'aria-label': title }, h('form', { method: 'dialog' },
    h('h2', {}, title), content,
    h('div', { class: 'actions' }, h('button', { class: 'button', type: 'button', onclick: () => dialog.close() }, keep),
      h('button', { class: `button ${danger ? 'danger' : 'main'}`, value: 'yes' }, verb))));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
  });
}

const named = (all) => h('ul', {}, all.slice(0, MANY).map(({ title }) => h('li', {}, h('bdi', {}, title))),
  all.length > MANY && h('li', {}, `and ${all.length - MANY} more`));

/** Do it to one after the other; those that failed stay chosen. */
async function run(all, done, one) {
  isRunning = true;
  recount();
  const told = h('ul');
  const head = h('p');
  outcome.replaceChildren(head, told);
  let failed = 0;
  for (const [index, each] of all.entries()) {
    head.textContent = `${index} of ${all.length}…`;
    const id = each.episode.episode_id;
    try {
      await one(each.episode);
      chosen.delete(id);
      for (const box of boxes()) if (box.value === id) box.checked = false;
      told.append(h('li', {}, h('bdi', {}, each.title), `: ${done}.`));
    } catch (error) {
      failed += 1;
      told.append(h('li', { class: 'trouble' }, h('bdi', {}, each.title), `: not ${done}. ${plain(error.message)}`));
    }
  }
  head.textContent = `${many(all.length - failed)} ${done}${failed ? `, ${failed} not` : ''}.`;
  isRunning = false;
  recount();
}

async function remove() {
  const all = picked();
  const content = [named(all), h('p', {}, 'Recordings, transcripts, captions and index go with them.')];
  if (!(await ask(`Remove ${many(all.length)}?`, 'Remove', h('div', {}, content), { danger: true, keep: 'Keep them' }))) return;
  await run(all, 'removed', async ({ episode_id: id }) => {
    await call(path(id), { method: 'DELETE' });
    listed.gone(id);
    known.delete(id);
  });
}

/** Tell what an episode is made again from: a text that was taken in as it is has nothing to recognise. */
const origin = ({ state, engine }) => (state === 'ready' && /^(import|$)/.test(engine?.name ?? '') ? 'TranscriptReady' : 'AudioUploaded');

async function again() {
  const all = picked();
  const content = [named(all), h('p', {}, 'Their transcripts are made anew. Corrections stay.')];
  if (!(await ask(`Process ${many(all.length)} again?`, 'Process again', h('div', {}, content)))) return;
  await run(all, 'queued again', async (episode) => {
    const body = { from: origin(episode), reason: 'processed again on the page' };
    await call(`${path(episode.episode_id)}/replays`, { method: 'POST', body });
    listed.changed(await call(path(episode.episode_id)));
  });
}

async function move() {
  const all = picked();
  const input = h('input', { list: 'shows', maxlength: 200, autocomplete: 'off', dir: 'auto', required: true });
  const content = h('div', {}, named(all), h('div', { class: 'fields' }, h('label', {}, 'Show ', input)));
  if (!(await ask(`Move ${many(all.length)}`, 'Move', content)) || !input.value.trim()) return;
  const show = input.value.trim();
  await run(all, 'moved', async ({ episode_id: id, show: before }) => {
    // What somebody else moved meanwhile is told, not overwritten.
    listed.changed(await call(path(id), { method: 'PATCH', body: { show, expect: { show: before } } }));
  });
}

function select(on) {
  toggle.setAttribute('aria-pressed', String(on));
  archive.classList.toggle('selecting', on);
  bar.hidden = !on;
  outcome.replaceChildren();
  chosen.clear();
  for (const box of boxes()) box.checked = false;
  recount();
}

const button = (text, onclick, kind = '') => h('button', { class: `button ${kind}`, type: 'button', onclick }, text);
const everything = button('Select all', () => {
  const all = boxes();
  const on = !all.every(({ checked }) => checked);
  for (const box of all) if (box.checked !== on) box.click();
});
const needing = [button('Process again…', again), button('Move to a show…', move), button('Remove…', remove, 'danger')];

/** Offer it; `gone(id)` and `changed(episode)` put the list right. */
export function bulkFrom(list) {
  listed = list;
  bar.append(h('div', { class: 'steer' }, everything, count), h('div', { class: 'steer' }, needing), outcome);
  toggle.addEventListener('click', () => select(bar.hidden));
}
