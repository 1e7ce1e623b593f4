/** Marks the words that the recogniser was not sure of, for a reader who asks; the choice is kept. */
import { h } from '/widget/everyword-search.js';
import { kept } from './kept.js';
import { shownTranscript as shown, tools } from './tools.js';

const KEY = 'everyword-doubts';
const toggle = h('button', { class: 'button', type: 'button', hidden: true, 'aria-pressed': 'false', onclick: () => {
  mark(!shown.hasAttribute('doubts'));
  kept.write(KEY, Number(shown.hasAttribute('doubts')));
} }, 'Mark doubtful words');

function mark(on) {
  shown.toggleAttribute('doubts', on);
  toggle.setAttribute('aria-pressed', String(on));
}

/** A text that states no confidence, as one that was imported, has nothing to mark. */
function offer() {
  toggle.hidden = !shown.transcript?.segments.some(({ words }) => words.some(({ score }) => score != null));
}

if (shown) {
  tools.append(toggle);
  mark(Boolean(kept.read(KEY)));
  shown.addEventListener('everyword:transcript', offer);
  offer();
}
