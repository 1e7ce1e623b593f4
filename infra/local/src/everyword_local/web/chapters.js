/** Shows an episode's chapters above its transcript, and says where nobody but a program made them. */
import { clock, h, plain } from '/widget/everyword-search.js';

const MANY = 12;
const transcript = document.querySelector('everyword-transcript');
const player = document.querySelector('#player');

function play(event, at) {
  if (!player) return; // the link's own address marks the word
  event.preventDefault();
  player.currentTime = at;
  player.play().catch(() => {}); // a browser may want a gesture first
}

async function show() {
  const id = transcript?.getAttribute('episode');
  const answer = id && await fetch(`/v1/episodes/${encodeURIComponent(id)}/chapters.json`);
  if (!answer?.ok) return;
  const { chapters = [], generated = false, description = '' } = await answer.json();
  const entries = chapters.filter(({ startTime: at, title }) => Number.isFinite(at) && plain(title));
  if (!entries.length) return;
  transcript.before(h('details', { class: 'chapters', open: entries.length <= MANY },
    h('summary', {}, 'Chapters'),
    generated && h('p', { class: 'meta' }, plain(description)),
    h('ol', {}, ...entries.map(({ startTime: at, title }) => h('li', {},
      h('a', { href: `?t=${at}`, onclick: (event) => play(event, at) },
        h('span', { class: 'at' }, clock(at)), ' ', h('bdi', {}, plain(title))))))));
}

show().catch(() => {}); // the transcript is there without them
