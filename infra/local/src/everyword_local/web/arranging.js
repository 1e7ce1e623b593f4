/** Finding an episode in a long list: by words of its title, show or speakers, by show and state. */
import { plain } from '/widget/everyword-search.js';
import { kept } from './kept.js';

const fold = (text) => plain(text).normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
const ORDERS = {
  newest: (a, b) => b.created_at.localeCompare(a.created_at),
  oldest: (a, b) => a.created_at.localeCompare(b.created_at),
  published: (a, b) => (b.published_at ?? '').localeCompare(a.published_at ?? ''),
  title: (a, b) => fold(a.title).localeCompare(fold(b.title)),
  longest: (a, b) => (b.duration_s ?? 0) - (a.duration_s ?? 0),
};
const GROUPS = { ready: ['ready'], failed: ['failed'], working: null };

const form = document.querySelector('#arrange');
const field = (name) => form.elements[name].value;

// The view is kept from visit to visit, but not the words that were looked for.
const KEPT = ['of', 'state', 'order', 'view'];
const keep = () => {
  for (const name of KEPT) kept.write(`everyword.archive.${name}`, field(name));
};
/** Take the value that is kept, where it can be chosen. */
const recall = (name) => {
  const { options } = form.elements[name];
  const value = kept.text(`everyword.archive.${name}`);
  if (value && [...options].some((option) => option.value === value)) form.elements[name].value = value;
};
KEPT.forEach(recall);
let recalled = false;

/** Tell whether the list is by show and year. */
export const isGrouped = () => field('view') === 'groups';
/** Return the words that are looked for. */
export const sought = () => field('words').trim();
/** Tell whether the list is another than the newest first. */
export const isArranged = () => Boolean(sought() || field('of') || field('state')) || field('order') !== 'newest' || isGrouped();

/** Return the episodes that are asked for, in the order asked for. */
export function arranged(episodes) {
  const words = fold(field('words')).split(/\s+/).filter(Boolean);
  const [of, group] = [field('of'), field('state')];
  const fits = ({ title, show, filename, speakers, state }) => {
    const text = fold([title, show, filename, ...(speakers ?? [])].join(' '));
    const inState = !group || (GROUPS[group] ?? []).includes(state) || (group === 'working' && !/^(ready|failed)$/.test(state));
    return inState && (!of || show === of) && words.every((word) => text.includes(word));
  };
  return episodes.filter(fits).sort(ORDERS[field('order')]);
}

/** Call back whenever something else is asked for. */
export function onArrange(callback) {
  form.addEventListener('input', () => {
    keep();
    callback();
  });
  form.addEventListener('submit', (event) => event.preventDefault());
}

/** Offer these shows to choose from. */
export function offerShows(names) {
  const select = form.elements.of;
  const known = new Set([...select.options].map(({ value }) => value));
  for (const name of names) if (!known.has(name)) select.add(new Option(plain(name), name));
  if (!recalled) {
    recalled = true; // a show can be chosen only now
    recall('of');
    if (isArranged()) queueMicrotask(() => form.dispatchEvent(new Event('input')));
  }
  select.closest('label').hidden = select.options.length < 3;
}
