/**
 * Correcting a transcript where it is read: a line's words, who says it, a speaker's name.
 *
 * Every correction is one PATCH, recorded as an event: words keep their times, and it holds in every
 * later run. What it replaced is kept on this page, so that it can be taken back.
 */
import { clock, h, plain } from '/widget/everyword-search.js';
import { call } from './api.js';

const POLL_MS = 400;
const PATIENCE_MS = 30000;
const id = decodeURIComponent(location.pathname.split('/').at(-1));
const address = `episodes/${encodeURIComponent(id)}/transcript`;
const shownTranscript = document.querySelector('everyword-transcript');
const said = h('p', { class: 'notice', role: 'status', hidden: true });
const lines = h('ol', { class: 'lines', hidden: true });
const undone = []; // corrections that take back the last ones, newest last
let transcript = null;

const tell = (text, bad = false) => {
  said.textContent = text;
  said.hidden = !text;
  said.classList.toggle('trouble', bad);
};
const nameOf = (label) => transcript.speakers.find((each) => each.label === label)?.name || label || '';

async function read() {
  transcript = await call(address);
  lines.replaceChildren(...transcript.segments.map(line));
}

function line(segment, number) {
  const text = h('p', { class: 'words', contenteditable: 'plaintext-only', role: 'textbox', dir: 'auto',
    'aria-label': `Line at ${clock(segment.start)}`, spellcheck: 'true', lang: transcript.language,
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

/** Send one correction, wait until the transcript has it, and show that. */
async function correct(correction, back) {
  const before = transcript.run_id;
  tell('Saving…');
  try {
    const { run_id: wanted } = await call(address, { method: 'PATCH', body: { run_id: before, ...correction } });
    const ends = Date.now() + PATIENCE_MS;
    do {
      await new Promise((resolve) => { setTimeout(resolve, POLL_MS); });
      transcript = await call(address);
    } while (transcript.run_id < wanted && Date.now() < ends);
    if (back) undone.push(back);
    undo.disabled = !undone.length;
    await read();
    tell(transcript.run_id < wanted ? 'It is recorded; the new transcript is still being made.' : 'Saved. It holds in every later run.');
    document.querySelector('everyword-transcript').setAttribute('src', `/v1/${address}?run=${transcript.run_id}`);
    return true;
  } catch (error) {
    if (error.status === 409) await read();
    tell(error.status === 409 ? 'Somebody changed this meanwhile. Here is the newest text; nothing of yours was saved.' : error.message, true);
    return false;
  }
}

async function save(text, segment, number) {
  const now = text.textContent.replace(/\s+/g, ' ').trim();
  if (now === segment.text.replace(/\s+/g, ' ').trim()) return;
  const done = await correct({ segment: number, text: now, expect: segment.text }, { at_s: middle(segment), text: segment.text });
  if (!done && text.isConnected) text.textContent = now;
}

const middle = ({ start, end }) => (start + end) / 2;

function rename(segment, number) {
  const known = [...new Set(transcript.speakers.map(({ label, name }) => name || label))];
  const input = h('input', { 'aria-label': 'Name', list: 'known-speakers', maxlength: 200, value: nameOf(segment.speaker), required: true });
  const everywhere = h('input', { type: 'checkbox', id: 'everywhere', checked: Boolean(segment.speaker), disabled: !segment.speaker });
  const dialog = h('dialog', { 'aria-label': 'Who says this?' },
    h('form', { method: 'dialog' },
      h('h2', {}, 'Who says this?'),
      h('div', { class: 'fields' }, h('label', {}, 'Name ', input),
        h('datalist', { id: 'known-speakers' }, known.map((value) => h('option', { value }))),
        h('label', { class: 'tick' }, everywhere, ` Everywhere in this episode where ${plain(nameOf(segment.speaker)) || 'nobody'} speaks`)),
      h('div', { class: 'actions' }, h('button', { class: 'button', value: 'cancel', formnovalidate: true }, 'Cancel'),
        h('button', { class: 'button main', value: 'save' }, 'Save'))));
  dialog.addEventListener('close', () => {
    dialog.remove();
    const name = input.value.trim();
    if (dialog.returnValue !== 'save' || !name || name === nameOf(segment.speaker)) return;
    const was = nameOf(segment.speaker);
    if (everywhere.checked && segment.speaker) correct({ label: segment.speaker, name }, { label: segment.speaker, name: was });
    else correct({ segment: number, speaker: name, expect: segment.text }, was ? { at_s: middle(segment), speaker: was } : null);
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
  shownTranscript.hidden = on;
} }, 'Correct');
const undo = h('button', { class: 'button', type: 'button', hidden: true, disabled: true, onclick: async () => {
  const back = undone.pop();
  if (back && !(await correct(back, null))) undone.push(back);
  undo.disabled = !undone.length;
} }, 'Undo');

if (shownTranscript) {
  shownTranscript.before(h('div', { class: 'steer' }, toggle, undo), said, lines);
}
