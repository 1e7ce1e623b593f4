/** The list by show and year: groups to fold, each with how many episodes it holds. */
import { h, plain } from '/widget/everyword-search.js';

const FEW = 12; // as many are shown unfolded
const groups = new Map(); // key -> {details, name, count, inner}: kept, so that what is folded stays so
let before = '';

/** Put these elements into a box in this order, touching none that is in its place. */
export function fill(box, elements) {
  elements.forEach((element, index) => {
    if (box.children[index] !== element) box.insertBefore(element, box.children[index] ?? null);
  });
}

function group(key, name, count, inner, unfolded) {
  if (!groups.has(key)) {
    const told = h('span', { class: 'count' });
    groups.set(key, { told, inner, details: h('details', { class: 'group', open: unfolded }, h('summary', {}, h('bdi', {}, name), ' ', told), inner) });
  }
  const known = groups.get(key);
  const text = `${count} ${count === 1 ? 'episode' : 'episodes'}`;
  if (known.told.textContent !== text) known.told.textContent = text;
  return known;
}

/** Put into a box only what is given. */
function only(box, elements) {
  fill(box, elements);
  while (box.children.length > elements.length) box.lastElementChild.remove();
}

const year = ({ published_at: published }) => published?.slice(0, 4) ?? '';
const split = (pairs, by) => Map.groupBy(pairs, ([episode]) => by(episode));
const lastIfEmpty = (order) => ([a], [b]) => (!a || !b ? Number(!a) - Number(!b) : order(a, b));
const byName = lastIfEmpty((a, b) => plain(a).localeCompare(plain(b)));
const newestFirst = lastIfEmpty((a, b) => b.localeCompare(a));

/** Show episodes' elements in a box by show and year; what is `sought` by words is unfolded. */
export function showGroups(box, episodes, elements, sought) {
  const unfold = sought !== before && Boolean(sought);
  before = sought;
  const shows = [...split(episodes.map((each, index) => [each, elements[index]]), ({ show }) => show || '')].sort(byName);
  only(box, shows.map(([show, pairs]) => {
    const outer = group(show, plain(show) || 'No show', pairs.length, h('div', { class: 'years' }), episodes.length <= FEW);
    const years = [...split(pairs, year)].sort(newestFirst);
    only(outer.inner, years.map(([of, own]) => {
      const known = group(`${show}\n${of}`, of || 'No date', own.length, h('ul', { class: 'episodes' }), years.length === 1 || episodes.length <= FEW);
      only(known.inner, own.map(([, element]) => element));
      if (unfold) known.details.open = true;
      return known.details;
    }));
    if (unfold) outer.details.open = true;
    return outer.details;
  }));
}
