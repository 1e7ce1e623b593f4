/** Adding recordings: by the file picker or by dropping them on the page, one after the other. */
import { h } from '/widget/everyword-search.js';
import { call, put } from './api.js';

const dialog = document.querySelector('#add');
const picker = document.querySelector('#files');
const chosen = document.querySelector('#chosen');
const send = document.querySelector('#send');
const trouble = document.querySelector('#add-trouble');
const field = (id) => document.querySelector(`#${id}`);

/** Episodes whose bytes are on their way from this page, in the shape of the API's episodes. */
export const uploads = new Map();

let files = []; // {file, title}
let changed = () => {};

/** Make a title of a file's name: no folder, no ending, no underscores. */
export const titleOf = (name) => name.replace(/\.[^.]{1,5}$/, '').replace(/[_\s]+/g, ' ').trim() || name;

export function addFrom(listener) {
  changed = listener.changed;
  for (const button of document.querySelectorAll('[data-add]')) button.addEventListener('click', () => open([]));
  picker.addEventListener('change', () => choose([...picker.files]));
  dialog.addEventListener('close', () => {
    if (dialog.returnValue === 'send') start();
  });
  takeDrops();
  addEventListener('beforeunload', (event) => {
    if (uploads.size) event.preventDefault();
  });
}

function open(dropped) {
  dialog.returnValue = '';
  picker.value = '';
  trouble.hidden = true;
  choose(dropped);
  dialog.showModal();
}

function choose(picked) {
  files = picked.filter((file) => file.size > 0).map((file) => ({ file, title: titleOf(file.name) }));
  trouble.hidden = files.length === picked.length;
  trouble.textContent = 'A file without a single byte was left out.';
  chosen.replaceChildren(...files.map((each, index) => h('li', {},
    h('label', { for: `title-${index}` }, `Title of ${each.file.name} (${size(each.file.size)})`),
    h('input', { id: `title-${index}`, value: each.title, maxlength: 300, dir: 'auto', required: true,
      oninput: (event) => { each.title = event.target.value; } }))));
  send.disabled = !files.length;
  send.textContent = files.length > 1 ? `Add ${files.length} recordings` : 'Add';
}

function size(bytes) {
  const units = ['bytes', 'kB', 'MB', 'GB'];
  const step = Math.min(3, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** step).toFixed(step ? 1 : 0)} ${units[step]}`;
}

async function start() {
  const wishes = {
    show: field('show').value.trim(),
    language: field('language').value,
    channels: field('channels').checked ? 'speakers' : '',
  };
  const queue = files.map(({ file, title }, index) => ({ id: `upload-${Date.now()}-${index}`, file, title }));
  files = [];
  for (const { id, title } of queue) {
    uploads.set(id, { episode_id: id, title, show: wishes.show, state: 'uploading', progress: { fraction: 0 }, created_at: '9999' });
  }
  changed();
  for (const each of queue) {
    await upload(each, wishes);
    changed();
  }
}

/** Announce one recording and send its bytes; a failure stays in the list until it is removed. */
async function upload({ id, file, title }, wishes) {
  const stated = Object.fromEntries(Object.entries(wishes).filter(([, value]) => value));
  try {
    const announced = await call('episodes', {
      method: 'POST',
      body: { title: title.trim() || titleOf(file.name), filename: file.name, bytes: file.size, ...stated, ...(file.type && { media_type: file.type }) },
    });
    if (announced.upload) {
      await put(announced.upload, file, (fraction) => {
        uploads.get(id).progress = { fraction };
        changed();
      });
    }
    uploads.delete(id);
  } catch (error) {
    Object.assign(uploads.get(id), { state: 'failed', error: { message: error.message } });
  }
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
