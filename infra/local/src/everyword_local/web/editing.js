/**
 * Correcting a transcript where it is read: a line's words, who says it, a speaker's name.
 *
 * Every correction is one PATCH, recorded as an event: words keep their times, and it holds in every
 * later run. Undoing one is an event as well; the history shows them all, with what became of each.
 */
import { clock, h, plain } from '/widget/everyword-search.js';
import { call } from './api.js';
import { settled } from './settling.js';
import { shownTranscript, tell, tools } from './tools.js';

const id = decodeURIComponent(location.pathname.split('/').at(-1));
const episode = `episodes/${encodeURIComponent(id)}`;
const address = `${episode}/transcript`;
const lines = h('ol', { class: 'lines', hidden: true });
const made = []; // this page's corrections, newest last: their events' ids
let transcript = null;

let drawing = false; // what leaves the page then has not been left by its writer

const nameOf = (label) => transcript.speakers.find((each) => each.label === label)?.name || label || '';

/** Read the transcript again; who types in a line meanwhile goes on typing there. */
async function read() {
  transcript = await call(address);
  const rows = [...lines.children].map((each) => each.querySelector('.words'));
  const held = rows.indexOf(document.activeElement);
  const typed = held >= 0 && rows[held].textContent;
  const moved = held >= 0 && typed !== rows[held].dataset.was;
  const caret = held >= 0 ? getSelection().focusOffset : 0;
  const names = transcript.speakers.map(({ name }) => plain(name)).filter(Boolean);
  document.querySelector('.meta .speakers')?.replaceChildren(...names.flatMap((name, n) => [n ? ', ' : ' · ', h('bdi', {}, name)]));
  drawing = true;
  lines.replaceChildren(...transcript.segments.map(line));
  drawing = false;
  const row = lines.children[held]?.querySelector('.words');
  if (!row || lines.hidden) return;
  if (moved) row.textContent = typed;
  row.focus();
  if (row.firstChild) getSelection().collapse(row.firstChild, Math.min(caret, row.firstChild.length));
}

function line(segment, number) {
  const text = h('p', { class: 'words', contenteditable: 'plaintext-only', role: 'textbox', dir: 'auto',
    'data-was': plain(segment.text), 'aria-label': `Line at ${clock(segment.start)}`, spellcheck: 'true', lang: transcript.language,
    onkeydown: (event) => keys(event, text, segment), onblur: () => save(text, segment, number) }, plain(segment.text));
  return h('li', {},
    h('a', { class: 'time', href: `#t=${+segment.start.toFixed(3)}` }, clock(segment.start)),
    h('button', { class: 'speaker', type: 'button', 'aria-label': `Speaker at ${clock(segment.start)}: ${nameOf(segment.speaker) || 'none'}`,
      onclick: () => rename(segment, number) }, plain(nameOf(segment.speaker)) || 'Who?'),
    text);
}

function keys(event, text, segment) {
  if (event.isComposing) return;
  if (event.key === 'Escape') {
    text.textContent = segment.text;
    text.blur();
  } else if (event.key === 'Enter') {
    event.preventDefault();
    text.blur();
    text.closest('li').nextElementSibling?.querySelector('.words').focus();
  }
}

/** Send one correction, or undo one; wait until the transcript has it, and show that. */
async function correct(correction, undoes) {
  tell('Saving…');
  try {
    const { run_id: wanted, event_id: event } = undoes
      ? await call(`${episode}/edits/${encodeURIComponent(undoes)}`, { method: 'DELETE' })
      : await call(address, { method: 'PATCH', body: { run_id: transcript.run_id, ...correction } });
    transcript = await settled(id, wanted);
    if (!undoes) made.push(event);
    undo.disabled = !made.length;
    await read();
    const done = undoes ? 'Undone.' : 'Saved. It holds in every later run.';
    tell(transcript.run_id < wanted ? 'It is recorded; the new transcript is still being made.' : done);
    document.querySelector('everyword-transcript').setAttribute('src', `/v1/${address}?run=${transcript.run_id}`);
    return true;
  } catch (error) {
    if (error.status === 409) await read();
    tell(error.status === 409 ? 'Somebody changed this meanwhile. Here is the newest text; nothing of yours was saved.' : error.message, true);
    return false;
  }
}

async function save(text, segment, number) {
  if (drawing) return;
  const now = text.textContent.replace(/\s+/g, ' ').trim();
  if (now === segment.text.replace(/\s+/g, ' ').trim()) return;
  const done = await correct({ segment: number, text: now, expect: segment.text });
  if (!done && text.isConnected) text.textContent = now;
}

function rename(segment, number) {
  const known = [...new Set(transcript.speakers.map(({ label, name }) => name || label))];
  const input = h('input', { 'aria-label': 'Name', list: 'known-speakers', maxlength: 200, value: nameOf(segment.speaker), required: true });
  const who = plain(nameOf(segment.speaker));
  const scopes = { line: 'Only this line', ...(who && { here: `From here on, where ${who} speaks`,
    episode: `Everywhere in this episode where ${who} speaks` }),
    // A machine's label is another voice in each episode: no name of a person's.
    ...(who && !/^SPEAKER_\d+$/.test(who) && { show: `In the whole show, later episodes too, where ${who} speaks` }) };
  const chosen = who ? 'episode' : 'line';
  const dialog = h('dialog', { 'aria-label': 'Who says this?' },
    h('form', { method: 'dialog' },
      h('h2', {}, 'Who says this?'),
      h('div', { class: 'fields' }, h('label', {}, 'Name ', input),
        h('datalist', { id: 'known-speakers' }, known.map((value) => h('option', { value }))),
        Object.entries(scopes).map(([value, text]) => h('label', { class: 'tick' },
          h('input', { type: 'radio', name: 'scope', value, checked: value === chosen }), ` ${text}`))),
      h('div', { class: 'actions' }, h('button', { class: 'button', type: 'button', onclick: () => dialog.close() }, 'Cancel'),
        h('button', { class: 'button main', value: 'save' }, 'Save'))));
  dialog.addEventListener('close', () => {
    dialog.remove();
    const name = input.value.trim();
    if (dialog.returnValue !== 'save' || !name || name === nameOf(segment.speaker)) return;
    const scope = dialog.querySelector('input[name=scope]:checked').value;
    if (scope === 'episode' || scope === 'show') correct({ label: segment.speaker, name, for_show: scope === 'show' });
    else correct({ segment: number, speaker: name, from_here: scope === 'here', expect: segment.text });
  });
  document.body.append(dialog);
  dialog.showModal();
  input.select();
}

const toggle = h('button', { class: 'button', type: 'button', 'aria-pressed': 'false', onclick: async () => {
  const on = toggle.getAttribute('aria-pressed') !== 'true';
  toggle.setAttribute('aria-pressed', String(on));
  tell('');
  try {
    if (on) await read();
  } catch (error) {
    tell(error.message, true);
    return;
  }
  lines.hidden = !on;
  undo.hidden = !on;
  past.hidden = !on;
  shownTranscript.hidden = on;
} }, 'Correct');
const undo = h('button', { class: 'button', type: 'button', hidden: true, disabled: true, onclick: async () => {
  const last = made.pop();
  if (last && !(await correct(null, last))) made.push(last);
  undo.disabled = !made.length;
} }, 'Undo');

const STATES = { applied: 'holds', conflict: 'in conflict', undone: 'undone', pending: 'on its way' };
const when = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

const changed = ({ before, after }) => [plain(before) || 'nobody', '→', plain(after)].join(' ');

function named(edit, edits) {
  if (edit.kind !== 'undo') return changed(edit);
  const other = edits.find((each) => each.event_id === edit.undoes);
  if (!other) return 'A correction was undone';
  return other.kind === 'undo' ? 'Done again' : `Undone: ${changed(other)}`;
}

function entry(edit, edits, close) {
  const { event_id: event, at, start, state, reason, kind } = edit;
  const turn = h('button', { class: 'button', type: 'button', onclick: async () => {
    close();
    await correct(null, event);
  } }, 'Undo');
  return h('li', {}, h('p', {}, h('bdi', {}, named(edit, edits))),
    h('p', { class: 'meta' }, [when.format(new Date(at)), start != null && clock(start), kind !== 'undo' && STATES[state], plain(reason)].filter(Boolean).join(' · ')),
    kind !== 'undo' && state !== 'undone' && turn);
}

const past = h('button', { class: 'button', type: 'button', hidden: true, onclick: async () => {
  let history;
  try {
    history = await call(`${episode}/history`);
  } catch (error) {
    tell(error.message, true);
    return;
  }
  const close = () => dialog.close();
  const edits = history.edits.toReversed().map((each) => entry(each, history.edits, close));
  const corrections = history.edits.filter(({ kind }) => kind !== 'undo').length;
  const dialog = h('dialog', { 'aria-label': 'History' }, h('form', { method: 'dialog' },
    h('h2', {}, 'History'),
    h('p', { class: 'meta' }, `${history.runs.length} ${history.runs.length === 1 ? 'run' : 'runs'}, ${corrections} ${corrections === 1 ? 'correction' : 'corrections'}`),
    edits.length ? h('ol', { class: 'past' }, edits) : h('p', {}, 'Nothing was corrected yet.'),
    h('div', { class: 'actions' }, h('button', { class: 'button' }, 'Close'))));
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
} }, 'History');

if (shownTranscript) {
  tools.append(toggle, undo, past);
  shownTranscript.before(lines);
}
