/** A strip of the episode's time with a row for each speaker: who speaks when, and a way to get there. */
import { clock, h, plain } from '/widget/everyword-search.js';
import { shownTranscript as shown, tools } from './tools.js';

const MOST_ROWS = 8; // those who say the least share the last one
const COLOURS = 6;
const ROW = 20; // pixels
const BAR = 12;
const JOIN_S = 1; // a shorter break is no other turn
const player = document.querySelector('#player');
const strip = h('section', { class: 'turns', 'aria-label': 'Speakers’ turns', hidden: true });
const { format } = new Intl.NumberFormat('en', { style: 'percent' });

/** Join what one speaker says in a row: {speaker, start, end}, by time. */
function joined(segments) {
  const turns = [];
  for (const { speaker, start, end } of segments.toSorted((a, b) => a.start - b.start)) {
    if (!speaker || !(end > start)) continue;
    const last = turns.at(-1);
    if (last?.speaker === speaker && start - last.end < JOIN_S) last.end = Math.max(last.end, end);
    else turns.push({ speaker, start, end });
  }
  return turns;
}

/** Give every speaker a row, who says most first: {name, turns, total}. */
function inRows(turns, speakers) {
  const names = new Map(speakers.map(({ label, name }) => [label, plain(name || label)]));
  const rows = new Map();
  for (const turn of turns) {
    turn.name = names.get(turn.speaker) ?? plain(turn.speaker);
    const row = rows.get(turn.name) ?? { name: turn.name, turns: [], total: 0 };
    row.turns.push(turn);
    row.total += turn.end - turn.start;
    rows.set(turn.name, row);
  }
  const sorted = [...rows.values()].sort((a, b) => b.total - a.total);
  if (sorted.length <= MOST_ROWS) return sorted;
  const rest = sorted.splice(MOST_ROWS - 1);
  const total = rest.reduce((sum, row) => sum + row.total, 0);
  return [...sorted, { name: `${rest.length} others`, turns: rest.flatMap((row) => row.turns), total }];
}

function draw() {
  const { segments = [], speakers = [], duration_s: stated = 0 } = shown.transcript ?? {};
  const turns = joined(segments);
  const rows = inRows(turns, speakers);
  const spoken = rows.reduce((sum, { total }) => sum + total, 0);
  const ends = Math.max(stated || 0, ...turns.map(({ end }) => end));
  strip.hidden = rows.length < 2;
  if (strip.hidden) return;
  const colour = (index) => `voice-${index % COLOURS}`;
  strip.replaceChildren(
    h('ul', { class: 'voices' }, rows.map(({ name, total }, index) => h('li', { class: colour(index), title: name },
      h('bdi', {}, name), h('span', { class: 'share' }, format(total / spoken))))),
    slider(turns, ends, rows.map((row, index) => h('path', { class: colour(index), d: row.turns.map(({ start, end }) =>
      `M${start} ${index * ROW + (ROW - BAR) / 2}H${end}v${BAR}H${start}z`).join('') }))));
}

/** The rows as one control: arrows go from turn to turn, Enter and a click go there in the text too. */
function slider(turns, ends, paths) {
  const height = paths.length * ROW;
  const now = h('line', { class: 'now', x1: 0, x2: 0, y1: 0, y2: height });
  const element = h('div', { class: 'rows', role: 'slider', tabindex: 0, 'aria-label': 'Turn', 'aria-valuemin': 0,
    'aria-valuemax': Math.round(ends) },
  h('svg', { viewBox: `0 0 ${ends} ${height}`, height, preserveAspectRatio: 'none', 'aria-hidden': 'true' }, paths, now));
  const at = (seconds) => turns.findLastIndex(({ start }) => start <= seconds);
  let place = 0;
  let told = null;

  const say = (seconds, turn) => `${clock(seconds)}${turn ? ` ${turn.name}` : ''}`;
  function move(seconds) {
    place = seconds;
    now.setAttribute('x1', seconds);
    now.setAttribute('x2', seconds);
    const turn = turns[at(seconds)] ?? null;
    if (turn === told && element.hasAttribute('aria-valuenow')) return; // a reader hears of turns, not of seconds
    told = turn;
    element.setAttribute('aria-valuenow', Math.round(seconds));
    element.setAttribute('aria-valuetext', say(seconds, turn));
  }
  function go(seconds) {
    move(seconds);
    history.replaceState(history.state, '', `#t=${+seconds.toFixed(3)}`);
    dispatchEvent(new HashChangeEvent('hashchange')); // the transcript goes there, and plays
  }
  const pointed = ({ clientX }) => {
    const { left, width } = element.getBoundingClientRect();
    return Math.min(1, Math.max(0, (clientX - left) / width)) * ends;
  };

  element.addEventListener('click', (event) => go(pointed(event)));
  element.addEventListener('pointermove', (event) => {
    const seconds = pointed(event);
    element.title = say(seconds, turns.findLast(({ start, end }) => start <= seconds && seconds < end));
  });
  element.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const here = at(place);
    const next = { ArrowRight: here + 1, ArrowUp: here + 1, ArrowLeft: here - 1, ArrowDown: here - 1, Home: 0, End: turns.length - 1 }[event.key];
    if (next != null) {
      const { start } = turns[Math.min(turns.length - 1, Math.max(0, next))];
      if (player) player.currentTime = start;
      move(start);
    } else if (event.key === 'Enter' || event.key === ' ') go(place);
    else return;
    event.preventDefault();
  });
  follow = move;
  move(player?.currentTime ?? 0);
  return element;
}

let follow = () => {}; // of the strip that is drawn

if (shown) {
  tools.before(strip);
  shown.addEventListener('everyword:transcript', draw);
  player?.addEventListener('timeupdate', () => follow(player.currentTime));
  draw();
}
