/** Adding recordings and transcripts: by the file picker or by dropping them on the page, one after the other. */
import { h } from '/widget/everyword-search.js';
import { call, put } from './api.js';
import { areTwo, paired } from './pairing.js';

const dialog = document.querySelector('#add');
const picker = document.querySelector('#files');
const chosen = document.querySelector('#chosen');
const send = document.querySelector('#send');
const trouble = document.querySelector('#add-trouble');
const field = (id) => document.querySelector(`#${id}`);

/** Episodes whose bytes are on their way from this page, in the shape of the API's episodes. */
export const uploads = new Map();

let picked = [];
let files = []; // {file, transcript, title}: a recording, a transcript, or both
let told = { changed() {}, say() {} };

/** Make a title of a file's name: no folder, no ending, no underscores. */
export const titleOf = (name) => name.replace(/\.[^.]{1,5}$/, '').replace(/[_\s]+/g, ' ').trim() || name;

/** Wire the page up: `changed(settled)` hears of every step, `say(text)` of what a person should know. */
export function addFrom(listener) {
  told = listener;
  for (const button of document.querySelectorAll('[data-add]')) button.addEventListener('click', () => open([]));
  picker.addEventListener('change', () => choose([...picker.files]));
  field('together').addEventListener('change', show);
  dialog.addEventListener('close', () => {
    if (dialog.returnValue === 'send') start();
  });
  takeDrops();
  addEventListener('beforeunload', (event) => {
    if ([...uploads.values()].some(({ state }) => state === 'uploading')) event.preventDefault();
  });
}

function open(dropped) {
  dialog.returnValue = '';
  picker.value = '';
  trouble.hidden = true;
  choose(dropped);
  dialog.showModal();
}

function choose(chosenFiles) {
  picked = chosenFiles;
  field('together').checked = false;
  show();
}

/** Show what the files become: an episode each, or one of a recording and its transcript. */
function show() {
  const filled = picked.filter((file) => file.size > 0);
  field('together').parentElement.hidden = !areTwo(filled);
  const { items, leftOut } = paired(filled, field('together').checked);
  if (filled.length < picked.length) leftOut.push('A file without a single byte was left out.');
  files = items.map((each) => ({ ...each, title: titleOf((each.file ?? each.transcript).name) }));
  trouble.hidden = !leftOut.length;
  trouble.textContent = leftOut.join(' ');
  chosen.replaceChildren(...files.map((each, index) => h('li', {},
    h('label', { for: `title-${index}` }, `Title of ${named(each)}`),
    h('input', { id: `title-${index}`, value: each.title, maxlength: 300, dir: 'auto', required: true,
      oninput: (event) => { each.title = event.target.value; } }))));
  send.disabled = !files.length;
  const kind = files.every(({ transcript }) => !transcript) ? 'recordings' : 'episodes';
  send.textContent = files.length > 1 ? `Add ${files.length} ${kind}` : 'Add';
}

const named = ({ file, transcript }) => [file && `${file.name} (${size(file.size)})`, transcript?.name].filter(Boolean).join(' with ');

function size(bytes) {
  const units = ['bytes', 'kB', 'MB', 'GB'];
  const step = Math.min(3, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** step).toFixed(step ? 1 : 0)} ${units[step]}`;
}

async function start() {
  const options = {
    show: field('show').value.trim(),
    language: field('language').value,
    channels: field('channels').checked ? 'speakers' : '',
  };
  const queue = files.map((item, index) => {
    const id = `upload-${Date.now()}-${index}`;
    uploads.set(id, { episode_id: id, title: item.title, show: options.show, created_at: '9999', state: 'uploading', progress: { fraction: 0 } });
    return { id, ...item };
  });
  files = [];
  told.changed(false);
  for (const each of queue) await upload(each, options);
}

/** Announce one episode and send its recording. What fails stays in the list, to be tried again. */
async function upload(each, options) {
  const { file, transcript } = each;
  const tell = (news) => {
    uploads.set(each.id, { ...uploads.get(each.id), ...news });
    told.changed(false);
  };
  tell({ state: 'uploading', error: null, again: null });
  try {
    const { episode_id: id, upload: target, existing, warnings = [] } = await announce(each, options);
    if (existing) told.say(`${(file ?? transcript).name} is in the archive already.`);
    for (const warning of warnings) told.say(`${transcript.name}: ${warning}`);
    const known = uploads.get(each.id);
    uploads.delete(each.id);
    each.id = id;
    if (target) {
      uploads.set(id, { ...known, episode_id: id });
      await put(target, file, (fraction) => tell({ progress: { fraction } }));
      uploads.delete(id);
    }
  } catch (error) {
    tell({ state: 'failed', error: { message: error.message }, again: () => upload(each, options) });
  }
  told.changed(true);
}

function announce({ file, transcript, title }, options) {
  const stated = { title: title.trim(), ...options, filename: file?.name, bytes: file?.size, media_type: file?.type };
  const known = Object.fromEntries(Object.entries(stated).filter(([, value]) => value));
  if (!transcript) return call('episodes', { method: 'POST', body: known });
  const form = new FormData();
  form.append('file', transcript);
  for (const [name, value] of Object.entries(known)) form.append(name, value);
  return call('transcripts', { method: 'POST', form });
}

function takeDrops() {
  const carriesFiles = (event) => event.dataTransfer?.types.includes('Files');
  let depth = 0; // dragenter and dragleave come for every element that is crossed
  const dropping = (by) => {
    depth = Math.max(0, depth + by);
    document.body.classList.toggle('dropping', depth > 0);
  };
  addEventListener('dragenter', (event) => carriesFiles(event) && dropping(1));
  addEventListener('dragleave', (event) => carriesFiles(event) && dropping(-1));
  addEventListener('dragover', (event) => carriesFiles(event) && event.preventDefault());
  addEventListener('drop', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    dropping(-depth);
    if (event.dataTransfer.files.length) {
      if (dialog.open) choose([...event.dataTransfer.files]);
      else open([...event.dataTransfer.files]);
    }
  });
}
