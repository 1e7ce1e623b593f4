/**
 * <everyword-transcript>: a transcript that follows its player; click a word to hear it.
 *
 * Words are never wrapped in elements: a paragraph is one text node, and the word being spoken,
 * found or chosen is painted over it (CSS Custom Highlights), so that 100,000 words stay light and
 * selecting, copying and the browser's own find work as in any text. README.md says how to use it.
 */
import { EARLY_S, THEME, clock, gap, h, languageOf, plain, sheet, voice } from './everyword-search.js';
import { painted, playerOf } from './playing.js';
import { suit, translated } from './surroundings.js';

const TURN_WORDS = 80;
const TURN_PAUSE_S = 2.5;
const SENTENCE_END = /[.?!…。？！]$/;
const ROUNDING_S = 0.02; // a link may carry a rounded time, just inside the word before
const LINGER_S = 1; // a word stays painted this long into a pause
const MATCHES_PAINTED = 2000;
const DOUBTFUL = 0.5; // a score below it is what the archive counts as unsure
const RIGHT_TO_LEFT = /^(ar|dv|fa|he|ku|ps|sd|ug|ur|yi)\b/;

const STRINGS = {
  transcript: 'Transcript',
  keys: 'Left and right arrows move from word to word, Enter plays the word.',
  find: 'Find in this transcript',
  place: '{n} of {count}',
  none: 'Not found',
  previous: 'Previous match',
  next: 'Next match',
  follow: 'Follow along',
  share: 'Copy link to {time}',
  copied: 'Link to {time} copied',
  linked: 'The address bar now holds the link to {time}',
  loading: 'Loading the transcript…',
  silent: 'Nothing was said in this recording.',
  failed: 'The transcript did not load.',
  retry: 'Try again',
  atWord: '{word}, {time}',
  unsure: 'The recogniser was {share} sure of this word',
};

const CSS_TEXT = `
${THEME}
.root{line-height:1.65}
.tools{position:sticky;top:var(--ew-top,0);z-index:2;display:flex;flex-wrap:wrap;align-items:center;
gap:8px;padding:10px 0;background:var(--ew-page,light-dark(#fff,#161513));
border-bottom:1px solid var(--line);line-height:1.4}
.find{display:flex;flex:1 1 14em;align-items:center;min-width:0;background:var(--bg);
border:1px solid var(--line);border-radius:99px;padding:0 4px 0 14px;padding-inline:14px 4px}
.find:focus-within{border-color:var(--accent);outline:1px solid var(--accent)}
.find input{flex:1;min-width:0;border:0;background:none;outline:0;padding:8px 0;appearance:none}
.find input::-webkit-search-cancel-button{display:none}
.find input::placeholder{color:var(--muted);opacity:1}
.place{color:var(--muted);font-size:.85em;white-space:nowrap;padding:0 6px;
font-variant-numeric:tabular-nums}
.steps{display:flex}
.icon{display:grid;place-items:center;width:32px;height:32px;border:0;border-radius:99px;
background:none;color:var(--muted)}
.icon:hover{color:var(--text)}
.pill{border:1px solid var(--line);background:var(--bg);border-radius:99px;min-height:38px;
padding:2px 14px;font-size:.9em;white-space:nowrap}
.pill,.place{unicode-bidi:plaintext}
.pill:hover{border-color:var(--accent);color:var(--accent)}
.pill[aria-pressed=true]{background:color-mix(in srgb,var(--accent) 14%,var(--bg));
border-color:var(--accent);color:var(--accent)}
.state{color:var(--muted);margin:24px 0}
.bad{color:var(--danger)}
.text{padding:8px 0 24px;border-radius:4px}
.turn{display:grid;grid-template-columns:4.2em minmax(0,1fr);gap:0 16px;padding:11px 0;
align-items:baseline;content-visibility:auto;contain-intrinsic-size:auto 7em}
.time{min-height:24px;color:var(--accent);text-decoration:none;font-size:.875em;
font-variant-numeric:tabular-nums}
.time:hover{text-decoration:underline}
p{margin:0;grid-column:2;max-width:42em}
p[part=paragraph]{cursor:pointer}
.who{font-size:.875em;font-weight:600;color:var(--muted)}
::highlight(everyword-doubt){text-decoration:underline dotted 2px var(--danger)}
::highlight(everyword-hover){text-decoration:underline;text-decoration-thickness:2px;
text-decoration-color:var(--accent)}
::highlight(everyword-find){background:var(--mark);color:var(--mark-text)}
::highlight(everyword-found){background:var(--mark);color:var(--mark-text);
text-decoration:underline 3px var(--accent)}
::highlight(everyword-cursor){background:var(--mark);color:var(--mark-text);
text-decoration:underline 3px var(--accent)}
::highlight(everyword-spoken){background:var(--now);color:var(--now-text)}
@media (max-width:36rem){.turn{grid-template-columns:auto minmax(0,1fr)}
p[part=paragraph]{grid-column:1/-1}}
@media (forced-colors:active){
::highlight(everyword-find),::highlight(everyword-found),::highlight(everyword-cursor){
background:Mark;color:MarkText}
::highlight(everyword-spoken){background:Highlight;color:HighlightText}
.pill[aria-pressed=true]{outline:2px solid Highlight}}
`;

const PAINTS = ['doubt', 'hover', 'find', 'found', 'cursor', 'spoken'];
/** Leave what a word is known by: its letters and digits, without case and accents. */
const fold = (word) =>
  word.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');

let style;

export class EverywordTranscript extends HTMLElement {
  static observedAttributes = ['src', 'doubts'];

  #root = this.attachShadow({ mode: 'open' });
  #transcript = null;
  #voice = null;
  #ui = null;
  #words = []; // {start, end, score, text, node, from, to} in the order of the text
  #clock = []; // the same, by start
  #leaving = null;
  #loading = null;
  #now = null; // the word being spoken
  #moment = 0; // seconds: where a link would lead
  #cursor = -1;
  #matches = []; // [first, last] indexes of words
  #match = -1;
  #folded = null;

  connectedCallback() {
    this.#leaving = new AbortController();
    const { signal } = this.#leaving;
    for (const type of ['wheel', 'touchmove']) {
      addEventListener(type, () => this.#ui && this.#following(false), { signal, passive: true });
    }
    addEventListener('hashchange', () => this.#toHash(true), { signal });
    suit(this, signal);
    this.#load();
  }

  disconnectedCallback() {
    this.#leaving.abort();
    this.#loading?.abort();
    this.#watching?.();
    for (const name of PAINTS) painted(`everyword-${name}`).clear();
  }

  attributeChangedCallback(name, before, now) {
    if (!this.isConnected || before === now) return;
    if (name === 'doubts') this.#doubts();
    else this.#load();
  }

  /** The transcript that is shown, as the archive sent it; null until it is here. */
  get transcript() {
    return this.#transcript;
  }

  async #load() {
    this.#loading?.abort();
    const { signal } = (this.#loading = new AbortController());
    let own = {};
    try {
      own = JSON.parse(this.getAttribute('strings') || '{}');
    } catch {
      console.warn('everyword-transcript: the strings attribute is not JSON');
    }
    const words = await translated(this, 'transcript');
    if (signal.aborted) return;
    this.#voice = voice({ ...STRINGS, ...words, ...own }, languageOf(this));
    style ??= sheet(CSS_TEXT);
    this.#root.adoptedStyleSheets = [style];
    // Until the words are here, and if they never come, the page's own text stays readable.
    this.#root.replaceChildren(h('slot', {}, this.#state('loading')));
    try {
      const answer = await fetch(this.getAttribute('src'), { credentials: 'same-origin', signal });
      if (!answer.ok) throw new Error(answer.status);
      const transcript = await answer.json();
      if (!signal.aborted) this.#draw(transcript);
    } catch {
      if (signal.aborted) return;
      this.#root.replaceChildren(h('slot', {}), this.#state('failed', () => this.#load()));
    }
  }

  #state(key, again) {
    const { say } = this.#voice;
    return h('div', { class: 'root' },
      h('p', { class: again ? 'state bad' : 'state', role: again ? 'alert' : 'status' }, say(key)),
      again && h('button', { class: 'pill', type: 'button', onclick: again }, say('retry')));
  }

  // Drawing

  #draw(transcript) {
    const turns = this.#turns(transcript);
    this.#transcript = transcript;
    this.#folded = null;
    this.#cursor = this.#match = -1;
    this.#matches = [];
    if (!this.#words.length) {
      this.#root.replaceChildren(this.#state('silent'));
      return;
    }
    this.#clock = [...this.#words].sort((a, b) => a.start - b.start);
    const { say } = this.#voice;
    const text = h('div', {
      class: 'text', part: 'text', tabindex: 0, role: 'group', lang: transcript.language,
      dir: RIGHT_TO_LEFT.test(transcript.language) ? 'rtl' : 'ltr',
      'aria-label': say('transcript'), 'aria-describedby': 'keys',
      onclick: (event) => this.#clicked(event), onkeydown: (event) => this.#textKey(event),
      onpointermove: (event) => this.#hover(event), onpointerleave: () => this.#pointAt(),
    }, turns);
    const said = h('p', { class: 'sr', role: 'status' });
    const tools = this.#tools();
    this.#root.replaceChildren(h('div', { class: 'root', part: 'root' }, tools,
      h('p', { class: 'sr', id: 'keys' }, say('keys')), said, text));
    Object.assign(this.#ui, { text, said, tools });
    this.#following(this.getAttribute('follow') !== 'off');
    this.#linkTo(this.#words[0].start);
    this.#doubts();
    this.#watch();
    this.#toHash(false);
    this.dispatchEvent(new CustomEvent('everyword:transcript', { bubbles: true, composed: true }));
  }

  // Words that the recogniser was not sure of, where `doubts` asks for them

  #isDoubtful = (word) => this.hasAttribute('doubts') && word?.score != null && word.score < DOUBTFUL;

  #doubts() {
    this.#paint('doubt', ...this.#words.filter(this.#isDoubtful).map((word) => this.#range(word)));
  }

  #unsure(word) {
    if (!this.#isDoubtful(word)) return '';
    const share = new Intl.NumberFormat(languageOf(this), { style: 'percent' }).format(word.score);
    return this.#voice.say('unsure', { share });
  }

  #tools() {
    const { say } = this.#voice;
    const icon = (name, d, onclick) => h('button', { class: 'icon', type: 'button', 'aria-label': say(name), onclick },
      h('svg', { width: 16, height: 16, viewBox: '0 0 16 16', 'aria-hidden': 'true' }, h('path', { d })));
    const input = h('input', { type: 'search', 'aria-label': say('find'), placeholder: say('find'),
      autocomplete: 'off', spellcheck: 'false', dir: 'auto', oninput: () => this.#find(),
      onkeydown: (event) => {
        if (event.isComposing || !/^(Enter|Escape)$/.test(event.key)) return;
        event.preventDefault();
        if (event.key === 'Enter') this.#toMatch(this.#match + (event.shiftKey ? -1 : 1));
        else {
          input.value = '';
          this.#find();
        }
      } });
    const place = h('span', { class: 'place', role: 'status' });
    const follow = h('button', { class: 'pill', part: 'follow', type: 'button',
      onclick: () => this.#following(follow.getAttribute('aria-pressed') !== 'true', true) }, say('follow'));
    const share = h('button', { class: 'pill', part: 'share', type: 'button', onclick: () => this.#share() });
    const steps = h('span', { class: 'steps', hidden: true },
      icon('previous', 'M3 11l5-5 5 5', () => this.#toMatch(this.#match - 1)),
      icon('next', 'M3 5l5 5 5-5', () => this.#toMatch(this.#match + 1)));
    this.#ui = { input, place, steps, follow, share };
    return h('div', { class: 'tools', part: 'tools' },
      this.getAttribute('find') !== 'off' && h('div', { class: 'find', role: 'search' }, input, place, steps),
      follow, share);
  }

  /** Cut the words into turns: one speaker, no long pause, short enough to read. */
  #turns({ segments, speakers = [] }) {
    const names = new Map(speakers.map(({ label, name }) => [label, name || label]));
    this.#words = [];
    const turns = [];
    let turn = null;
    let speaker;
    for (const segment of segments) {
      for (const [index, { word, start, end, score }] of segment.words.entries()) {
        const changed = !turn || segment.speaker !== speaker;
        const mayEnd = index === 0 || SENTENCE_END.test(turn.text);
        if (changed || start - turn.end > TURN_PAUSE_S || turn.count >= (mayEnd ? TURN_WORDS : 2 * TURN_WORDS)) {
          turn = this.#turn(start, changed ? names.get(segment.speaker) ?? segment.speaker : null);
          turns.push(turn);
          speaker = segment.speaker;
        }
        const text = plain(word);
        const between = gap(turn.text, text);
        const from = turn.text.length + between.length;
        turn.text += between + text;
        this.#words.push({ start, end, score, text, node: turn.node, from, to: turn.text.length });
        turn.count += 1;
        turn.end = end;
      }
    }
    for (const { node, text } of turns) node.data = text;
    return turns.map(({ element }) => element);
  }

  #turn(start, who) {
    const node = document.createTextNode('');
    const link = h('a', { class: 'time', part: 'time', href: this.#link(start), onclick: (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      this.#play(this.#words.find((word) => word.node === node));
    } }, clock(start));
    const element = h('div', { class: 'turn', part: 'turn' }, link,
      who && h('p', { class: 'who', part: 'speaker' }, h('bdi', {}, plain(who))),
      h('p', { dir: 'auto', part: 'paragraph' }, node));
    return { element, node, text: '', count: 0, end: start };
  }

  #range(word, last = word) {
    const range = new Range();
    range.setStart(word.node, word.from);
    range.setEnd(last.node, last.to);
    return range;
  }

  #paint(name, ...ranges) {
    const paint = painted(`everyword-${name}`);
    paint.clear();
    for (const range of ranges) paint.add(range);
  }

  #reveal(word) {
    const { top, bottom } = this.#range(word).getBoundingClientRect();
    if (top > innerHeight * 0.18 && bottom < innerHeight * 0.72) return;
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    scrollBy({ top: top - innerHeight * 0.35, behavior: calm ? 'instant' : 'smooth' });
  }

  // Playing

  /** What plays: the `player` property or attribute, else the page's first recording. */
  #plays() {
    return playerOf(this.player ?? document.querySelector(this.getAttribute('player') || 'audio,video'));
  }

  async #watch() {
    const player = await this.#plays();
    if (!player?.watch) return;
    this.#watching?.();
    this.#watching = player.watch((seconds) => this.#tick(seconds));
  }

  #watching = null;

  #tick(seconds) {
    const at = this.#clock.findLastIndex(({ start }) => start <= seconds);
    const word = this.#clock[at];
    const spoken = word && seconds < word.end + LINGER_S ? word : null;
    if (spoken === this.#now) return;
    this.#now = spoken;
    this.#paint('spoken', ...(spoken ? [this.#range(spoken)] : []));
    if (!spoken) return;
    this.#linkTo(spoken.start);
    if (this.#follows) this.#reveal(spoken);
  }

  #follows = false;

  #following(on, now = false) {
    this.#follows = on;
    this.#ui.follow?.setAttribute('aria-pressed', String(on));
    if (on && now && this.#now) this.#reveal(this.#now);
  }

  async #play(word, start = true) {
    if (!word) return;
    const detail = { episode: this.getAttribute('episode'), start: word.start, end: word.end, word: word.text };
    const event = new CustomEvent('everyword:seek', { detail, bubbles: true, composed: true, cancelable: true });
    if (start && !this.dispatchEvent(event)) return;
    (await this.#plays())?.seek(Math.max(0, word.start - EARLY_S), start);
  }

  // Pointing at words

  /** Find the word under a pointer by its boxes; browsers disagree on carets in shadow trees. */
  #at({ target, clientX, clientY }) {
    const node = target.closest?.('p[part=paragraph]')?.firstChild;
    if (!node) return -1;
    const first = this.#words.findIndex((word) => word.node === node);
    for (let index = first; this.#words[index]?.node === node; index += 1) {
      for (const box of this.#range(this.#words[index]).getClientRects()) {
        if (clientX >= box.left - 2 && clientX <= box.right + 2 && clientY >= box.top && clientY <= box.bottom) return index;
      }
    }
    return -1;
  }

  #hover(event) {
    if (event.pointerType === 'mouse') this.#pointAt(this.#words[this.#at(event)]);
  }

  #pointAt(word) {
    this.#paint('hover', ...(word ? [this.#range(word)] : []));
    const { text } = this.#ui;
    const title = this.#unsure(word);
    if (title !== text.title) text.title = title;
  }

  #clicked(event) {
    const chosen = this.#root.getSelection?.() ?? getSelection();
    if (event.button || (chosen && !chosen.isCollapsed)) return;
    const index = this.#at(event);
    if (index < 0) return;
    this.#choose(index);
    this.#play(this.#words[index]);
  }

  /** Make a word the one that links and keys start from; `shown` paints it, `aloud` says it. */
  #choose(index, { shown = false, aloud = false } = {}) {
    this.#cursor = index;
    const word = this.#words[index];
    this.#paint('cursor', ...(word && shown ? [this.#range(word)] : []));
    if (!word) return;
    this.#linkTo(word.start);
    if (shown) this.#reveal(word);
    if (!aloud) return;
    const said = [this.#voice.say('atWord', { word: word.text, time: clock(word.start) }), this.#unsure(word)];
    this.#ui.said.textContent = said.filter(Boolean).join('. ');
  }

  #textKey(event) {
    if (event.target !== this.#ui.text || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const side = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (side) {
      const node = this.#words[Math.max(0, this.#cursor)].node;
      const step = node.parentElement.matches(':dir(rtl)') ? -side : side;
      const from = this.#cursor < 0 && this.#now ? this.#words.indexOf(this.#now) : this.#cursor;
      this.#choose(Math.min(this.#words.length - 1, Math.max(0, from + step)), { shown: true, aloud: true });
    } else if (event.key === 'Enter') this.#play(this.#words[this.#cursor]);
    else if (event.key === 'Escape') this.#choose(-1);
    else return;
    event.preventDefault();
  }

  // Finding

  #find() {
    const { input, place, steps } = this.#ui;
    const wanted = input.value.split(/\s+/).map(fold).filter(Boolean);
    this.#folded ??= this.#words.map(({ text }) => fold(text));
    const first = this.#match < 0 ? 0 : this.#matches[this.#match][0];
    this.#matches = wanted.length ? this.#occurrences(wanted) : [];
    this.#paint('find', ...this.#matches.slice(0, MATCHES_PAINTED)
      .map(([from, to]) => this.#range(this.#words[from], this.#words[to])));
    this.#match = -1;
    this.#paint('found');
    steps.hidden = !this.#matches.length;
    place.textContent = wanted.length && !this.#matches.length ? this.#voice.say('none') : '';
    if (this.#matches.length) this.#toMatch(Math.max(0, this.#matches.findIndex(([from]) => from >= first)));
  }

  /** Whole words in a row, the last one perhaps only begun; letters in a row where none are spaced. */
  #occurrences(wanted) {
    let text = '';
    const starts = new Map();
    const ends = [];
    this.#words.forEach((word, index) => {
      if (!this.#folded[index]) return;
      text += gap(text, this.#folded[index]);
      starts.set(text.length, index);
      text += this.#folded[index];
      ends.push([text.length, index]);
    });
    const needle = wanted.reduce((so, word) => so + gap(so, word) + word, '');
    const found = [];
    for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + 1)) {
      if (!starts.has(at)) continue;
      const end = at + needle.length;
      found.push([starts.get(at), ends[lowest(ends, end)][1]]);
    }
    return found;
  }

  #toMatch(index) {
    const count = this.#matches.length;
    if (!count) return;
    this.#match = (index + count) % count;
    const [from, to] = this.#matches[this.#match];
    this.#paint('found', this.#range(this.#words[from], this.#words[to]));
    this.#following(false);
    this.#choose(from);
    this.#reveal(this.#words[from]);
    const { say, number } = this.#voice;
    this.#ui.place.textContent = say('place', { n: number(this.#match + 1), count: number(count) });
  }

  // Links to a moment

  #link(seconds) {
    const url = new URL(location.href);
    url.searchParams.delete('t');
    url.hash = `t=${+seconds.toFixed(3)}`;
    return url.href;
  }

  #linkTo(seconds) {
    this.#moment = seconds;
    const text = this.#voice.say('share', { time: clock(seconds) });
    if (this.#ui.share.textContent !== text) this.#ui.share.textContent = text;
  }

  async #share() {
    const seconds = this.#moment;
    const link = this.#link(seconds);
    let done = 'copied';
    try {
      await navigator.clipboard.writeText(link);
    } catch {
      history.replaceState(history.state, '', link); // no clipboard here, or not allowed
      done = 'linked';
    }
    this.#ui.said.textContent = this.#ui.share.textContent = this.#voice.say(done, { time: clock(seconds) });
    setTimeout(() => this.#linkTo(this.#moment), 2500);
  }

  /** Go to the moment in the address. It plays at once only for someone who comes from this site. */
  #toHash(asked) {
    const given = /(?:^#|&)t=(\d+(?:\.\d+)?)/.exec(location.hash)?.[1] ?? new URLSearchParams(location.search).get('t');
    if (given == null || !this.#words.length || !Number.isFinite(+given)) return;
    const seconds = +given;
    const found = this.#words.findIndex(({ end }) => end > seconds + ROUNDING_S);
    const index = found < 0 ? this.#words.length - 1 : found;
    const here = document.referrer && new URL(document.referrer).origin === location.origin;
    const fresh = performance.getEntriesByType('navigation')[0]?.type === 'navigate';
    this.#choose(index, { shown: true });
    this.#play(this.#words[index], asked || Boolean(here && fresh));
  }
}

/** Return the first place in rising [value, …] pairs whose value is at least `wanted`. */
function lowest(pairs, wanted) {
  let [low, high] = [0, pairs.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (pairs[middle][0] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

if (!customElements.get('everyword-transcript')) customElements.define('everyword-transcript', EverywordTranscript);
