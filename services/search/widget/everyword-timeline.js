/**
 * <everyword-timeline>: how often a query is said, a bar a month. README.md says how.
 *
 * It follows the page's <everyword-search>: a bar filters that by its month. Each bar is a link that
 * says its month and count, so the chart reads as a list; without the other element the links lead
 * to the archive's own page of results.
 */
import { THEME, h, languageOf, plain, sheet, voice } from './everyword-search.js';
import { suit, translated } from './surroundings.js';

const MOST_MONTHS = 36; // more are shown as years
const PAUSE_MS = 200; // the words found come first
const PATIENCE_MS = 20000;
const HIGH = 60;
const NARROWS = ['show', 'speaker', 'episode', 'exact'];

const STRINGS = {
  title: '“{query}” over time',
  bar: '{period}: {times}',
  times: { one: '{n} time', other: '{n} times' },
  atLeast: '{n}+',
  undated: { one: '{n} more without a date', other: '{n} more without a date' },
  all: 'All dates',
};

const CSS_TEXT = `
${THEME}
.root{padding:4px 0 12px}
header{display:flex;flex-wrap:wrap;align-items:center;gap:0 12px;min-height:32px}
h2{margin:0;font-size:1em;font-weight:600}
p{margin:0;color:var(--muted);font-size:.875em;font-variant-numeric:tabular-nums}
.now{margin-inline-start:auto}
button{border:1px solid var(--line);background:var(--bg);border-radius:99px;min-height:28px;
padding:0 12px;font-size:.875em}
button:hover{border-color:var(--accent);color:var(--accent)}
.scroll{overflow-x:auto;padding:3px;scrollbar-width:thin;scrollbar-color:var(--line) transparent}
ol{display:flex;list-style:none;margin:0;padding:0}
li{flex:1 1 0;min-width:24px;max-width:64px;font-size:.75em;color:var(--muted);text-align:center}
a,.none{display:block;height:${HIGH}px;border-bottom:1px solid var(--line)}
a{color:var(--accent);text-decoration:none}
svg{display:block;width:100%;height:100%;fill:currentColor;stroke:none}
.some a:not([aria-current]) svg{opacity:.45}
a:hover svg{opacity:1!important}
[aria-current]{border-bottom:3px solid}
li span{display:block;height:1.4em;white-space:nowrap}
.busy{opacity:.55}
@media (forced-colors:active){svg{opacity:1!important}a{color:LinkText}[aria-current]{color:Highlight}}
`;

/** Return the first and the last day of `2026` or `2026-02`. */
export function daysOf(period) {
  if (period.length === 4) return [`${period}-01-01`, `${period}-12-31`];
  const [year, month] = period.split('-').map(Number);
  return [`${period}-01`, `${period}-${new Date(Date.UTC(year, month, 0)).getUTCDate()}`];
}

/** Return every period from the first to the last: months, or years where there are too many. */
export function filled(periods) {
  const counts = new Map(periods.map(({ period, hits }) => [period, hits]));
  const [first, last] = [periods[0].period, periods.at(-1).period];
  const number = (month) => Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1;
  if (number(last) - number(first) >= MOST_MONTHS) {
    const years = new Map();
    for (let year = Number(first.slice(0, 4)); year <= Number(last.slice(0, 4)); year += 1) years.set(String(year).padStart(4, '0'), 0);
    for (const [month, hits] of counts) years.set(month.slice(0, 4), years.get(month.slice(0, 4)) + hits);
    return [...years];
  }
  const all = [];
  for (let at = number(first); at <= number(last); at += 1) {
    const month = `${String(Math.floor(at / 12)).padStart(4, '0')}-${String((at % 12) + 1).padStart(2, '0')}`;
    all.push([month, counts.get(month) ?? 0]);
  }
  return all;
}

let style;

export class EverywordTimeline extends HTMLElement {
  #root = this.attachShadow({ mode: 'open' });
  #voice = null;
  #lang = 'en';
  #asked = null;
  #shown = null; // the address whose answer is drawn, or on its way
  #timeline = null;
  #asking = null;
  #timer = 0;
  #leaving = null;

  connectedCallback() {
    this.#leaving = new AbortController();
    this.#lang = languageOf(this);
    let own = {};
    try {
      own = JSON.parse(this.getAttribute('strings') || '{}');
    } catch {
      console.warn('strings is not JSON');
    }
    this.#voice = voice({ ...STRINGS, ...own }, this.#lang);
    suit(this, this.#leaving.signal);
    translated(this, 'timeline').then((words) => {
      this.#voice = voice({ ...STRINGS, ...words, ...own }, this.#lang);
      if (this.#timeline) this.#draw();
    });
    this.#root.adoptedStyleSheets = [style ??= sheet(CSS_TEXT)];
    document.addEventListener('everyword:results', (event) => {
      if (event.target === this.#widget()) this.#follow(event.detail);
    }, { signal: this.#leaving.signal });
    const q = this.getAttribute('q');
    if (q) {
      const narrowed = NARROWS.map((name) => [name, this.getAttribute(name)]);
      this.#follow({ q, query: q, hits: 1, ...Object.fromEntries(narrowed) });
    } else if (this.#widget()?.found) this.#follow(this.#widget().found);
  }

  disconnectedCallback() {
    this.#leaving.abort();
    this.#asking?.abort();
    clearTimeout(this.#timer);
    this.#shown = null;
  }

  /** The element whose query is drawn: the first on the page, unless `for` says another. */
  #widget() {
    return this.hasAttribute('q') ? null : document.querySelector(this.getAttribute('for') || 'everyword-search');
  }

  #address(path, params) {
    const widget = this.#widget();
    const given = [this, widget].find((each) => each?.hasAttribute('api'))?.getAttribute('api');
    const base = new URL(given ?? '../', given == null ? import.meta.url : document.baseURI);
    if (!base.pathname.endsWith('/')) base.pathname += '/';
    const url = new URL(path, base);
    for (const [name, value] of Object.entries(params)) if (value) url.searchParams.set(name, value);
    return url.href;
  }

  /** Draw what was asked. Its dates are not asked for: they only mark the bars they fall on. */
  #follow(asked) {
    this.#asked = asked;
    const address = asked.q && (asked.hits || asked.from || asked.to)
      ? this.#address('v1/timeline', this.#narrowed()) : null;
    if (address === this.#shown) {
      this.#draw();
      return;
    }
    this.#shown = address;
    this.#asking?.abort();
    clearTimeout(this.#timer);
    this.#root.querySelector('.root')?.classList.add('busy');
    if (!address) this.#take(null);
    else this.#timer = setTimeout(() => this.#ask(address), PAUSE_MS);
  }

  #narrowed() {
    return { q: this.#asked.q, ...Object.fromEntries(NARROWS.map((name) => [name, this.#asked[name]])) };
  }

  async #ask(address) {
    const { signal } = (this.#asking = new AbortController());
    const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
    // An answer that does not come leaves no chart: the words were found without it.
    const answer = await fetch(address, { credentials: 'omit', signal: patience }).catch(() => null);
    const timeline = answer?.ok ? await answer.json().catch(() => null) : null;
    if (signal.aborted) return;
    if (!timeline) this.#shown = null;
    this.#take(timeline);
  }

  #take(timeline) {
    this.#timeline = timeline;
    this.#draw();
    const scroll = this.#root.querySelector('.scroll');
    const far = scroll?.scrollWidth ?? 0;
    scroll?.scrollTo(getComputedStyle(scroll).direction === 'rtl' ? -far : far, 0);
  }

  #draw() {
    const periods = this.#timeline?.periods ?? [];
    const left = this.#root.querySelector('.scroll')?.scrollLeft;
    const focused = this.#root.activeElement?.dataset.period;
    this.#root.replaceChildren();
    if (periods.length < 2) return;
    const { say, number } = this.#voice;
    const bars = filled(periods);
    const most = Math.max(...bars.map(([, hits]) => hits));
    const { undated_hits: undated, query } = this.#timeline;
    const now = h('p', { class: 'now', 'aria-hidden': 'true' });
    const list = h('ol', { role: 'list', part: 'bars' }, bars.map((bar, at) => this.#bar(bar, most, at && bars[at - 1][0])));
    const isNarrow = list.querySelector('[aria-current]') !== null;
    list.classList.toggle('some', isNarrow);
    const point = (event) => { now.textContent = event.target.closest('a')?.getAttribute('aria-label') ?? ''; };
    for (const kind of ['pointerover', 'focusin']) list.addEventListener(kind, point);
    for (const kind of ['pointerleave', 'focusout']) list.addEventListener(kind, () => { now.textContent = ''; });
    this.#root.append(h('section', { class: 'root', part: 'root', 'aria-labelledby': 'title' },
      h('header', {},
        h('h2', { id: 'title', part: 'title', dir: 'auto' }, say('title', { query: plain(query) })),
        isNarrow && this.#widget() && h('button', { type: 'button', part: 'all', onclick: () => this.#filter('', '') }, say('all')),
        now),
      h('div', { class: 'scroll', onclick: (event) => this.#clicked(event) }, list),
      undated > 0 && h('p', { part: 'undated' }, say('undated', { count: undated, n: number(undated) }))));
    if (left != null) this.#root.querySelector('.scroll').scrollLeft = left;
    if (focused) (this.#root.querySelector(`[data-period="${focused}"]`) ?? this.#root.querySelector('a')).focus();
  }

  #bar([period, hits], most, before) {
    const isYear = period.length === 4;
    const label = h('span', { 'aria-hidden': 'true' }, isYear ? period : this.#name(period, { month: 'narrow' }));
    const year = h('span', { 'aria-hidden': 'true' }, !isYear && before?.slice?.(0, 4) !== period.slice(0, 4) ? period.slice(0, 4) : '');
    if (!hits) return h('li', {}, h('div', { class: 'none' }), label, !isYear && year);
    const { say, number } = this.#voice;
    const n = number(hits);
    const times = say('times', { count: hits, n: this.#timeline.capped ? say('atLeast', { n }) : n });
    const name = isYear ? period : this.#name(period, { month: 'long', year: 'numeric' });
    const [from, to] = daysOf(period);
    const { from: since = '', to: until = '' } = this.#asked;
    const isCurrent = Boolean(since || until) && since <= to && (!until || until >= from);
    const high = Math.max(3, Math.round((hits / most) * (HIGH - 2)));
    return h('li', {},
      h('a', {
        part: 'bar', 'data-period': period, 'aria-label': say('bar', { period: name, times }), 'aria-current': isCurrent && 'true',
        href: this.#address('search', { ...this.#narrowed(), from, to }),
      }, h('svg', { viewBox: `0 0 24 ${HIGH}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
        h('path', { d: `M2 ${HIGH}v-${high}h20v${high}z` }))),
      label, !isYear && year);
  }

  #name(month, form) {
    return new Date(`${month}-01T00:00:00Z`).toLocaleDateString(this.#lang, { ...form, timeZone: 'UTC' });
  }

  #clicked(event) {
    const bar = event.target.closest('a');
    if (!bar || !this.#widget() || event.button || event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (bar.hasAttribute('aria-current')) this.#filter('', '');
    else this.#filter(...daysOf(bar.dataset.period));
  }

  #filter(from, to) {
    this.#widget().filter({ from, to });
  }
}

if (!customElements.get('everyword-timeline')) customElements.define('everyword-timeline', EverywordTimeline);
