/**
 * Changing what an episode is: title, show, date, link, language.
 *
 * Every change is an event; undoing it states what was there before. What somebody else changed
 * meanwhile is shown, not overwritten.
 */
import { h, plain } from '/widget/everyword-search.js';
import { call } from './api.js';
import { settled } from './settling.js';
import { tell, tools } from './tools.js';

const id = decodeURIComponent(location.pathname.split('/').at(-1));
const episode = `episodes/${encodeURIComponent(id)}`;
const NAMES = { title: 'title', show: 'show', published_at: 'date', link: 'page', language: 'language' };
const LANGUAGES = ['ar', 'cs', 'da', 'de', 'el', 'en', 'es', 'fa', 'fi', 'fr', 'he', 'hi', 'hu', 'id', 'it', 'ja', 'ko', 'nb', 'nl', 'pl', 'pt', 'ro', 'ru', 'sv', 'tr', 'uk', 'vi', 'zh'];
const inWords = new Intl.DisplayNames([navigator.language, 'en'], { type: 'language' });

const field = (label, input) => h('label', {}, `${label} `, input);

/** Return what may be changed of an episode, as the dialog writes it. */
const facts = ({ title, show, published_at: date, link, language }) => ({
  title, show, published_at: date ? date.slice(0, 10) : '', link: link ?? '', language: language ?? '',
});

/** Send what differs; return what it was, to be undone. */
async function change(was, now) {
  const differing = Object.keys(NAMES).filter((name) => was[name] !== now[name]);
  const pick = (from, names) => Object.fromEntries(names.map((name) => [name, from[name] || (name === 'title' || name === 'show' ? '' : null)]));
  const stated = differing.filter((name) => name !== 'language');
  if (stated.length) {
    // A date is compared by its day: the time of day is not shown, and not asked for.
    const seen = stated.filter((name) => name !== 'published_at');
    await call(episode, { method: 'PATCH', body: { ...pick(now, stated), expect: pick(was, seen) } });
  }
  if (differing.includes('language') && now.language) {
    const { run_id: run } = await call(`${episode}/transcript`, { method: 'PATCH', body: { language: now.language } });
    await settled(id, run);
  }
  return differing;
}

async function save(was, now) {
  tell('Saving…');
  try {
    const differing = await change(was, now);
    if (!differing.length) {
      tell('Nothing was changed.');
      return;
    }
    show(facts(await call(episode)));
    const undo = h('button', { class: 'button', type: 'button', onclick: () => save(now, was) }, 'Undo');
    tell([`Saved: ${differing.map((name) => NAMES[name]).join(', ')}. `, undo]);
  } catch (error) {
    const current = error.status === 409 ? await call(episode).catch(() => null) : null;
    if (current) show(facts(current));
    tell(current ? `Somebody changed this meanwhile: it is “${plain(current.title)}”${current.show ? ` of ${plain(current.show)}` : ''} now. Nothing of yours was saved.` : error.message, true);
  }
}

function show({ title, show: name }) {
  document.title = [title, name, 'Everyword'].filter(Boolean).map(plain).join(' · ');
  document.querySelector('h1 bdi').textContent = plain(title);
  document.querySelector('.over bdi').textContent = plain(name);
}

async function open() {
  let was;
  let known;
  try {
    [was, known] = await Promise.all([call(episode).then(facts), call('shows').catch(() => ({ names: [] }))]);
  } catch (error) {
    tell(error.message, true);
    return;
  }
  const languages = [...new Set([was.language, ...LANGUAGES])].filter(Boolean);
  const inputs = {
    title: h('input', { value: was.title, maxlength: 300, required: true, dir: 'auto' }),
    show: h('input', { value: was.show, maxlength: 300, dir: 'auto', list: 'all-shows', autocomplete: 'off' }),
    published_at: h('input', { type: 'date', value: was.published_at }),
    link: h('input', { type: 'url', value: was.link, maxlength: 2000, placeholder: 'https://' }),
    language: h('select', {}, languages.map((tag) => h('option', { value: tag, selected: tag === was.language }, tag === 'und' ? 'Not known' : inWords.of(tag)))),
  };
  const dialog = h('dialog', { 'aria-label': 'Details' }, h('form', { method: 'dialog' },
    h('h2', {}, 'Details'),
    h('div', { class: 'fields' },
      field('Title', inputs.title), field('Show', inputs.show),
      h('datalist', { id: 'all-shows' }, known.names.map((value) => h('option', { value }))),
      field('Published', inputs.published_at), field('Episode page', inputs.link),
      field('Language', inputs.language)),
    h('div', { class: 'actions' }, h('button', { class: 'button', type: 'button', onclick: () => dialog.close() }, 'Cancel'),
      h('button', { class: 'button main', value: 'save' }, 'Save'))));
  dialog.addEventListener('close', () => {
    dialog.remove();
    if (dialog.returnValue !== 'save') return;
    save(was, Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value.trim()])));
  });
  document.body.append(dialog);
  dialog.showModal();
}

tools.append(h('button', { class: 'button', type: 'button', onclick: open }, 'Details'));
