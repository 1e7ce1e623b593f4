/**
 * <everyword-search>: finds any word spoken in an audio archive, and plays it. README.md says how.
 *
 * One script line embeds it. Only text nodes and a constructed style sheet: it runs under a strict
 * policy, and no transcript can inject anything.
 */

/** Play a breath before the word. */
export const EARLY_S = 0.3;
const HITS_FIRST = 3;
const HITS_MORE = 50;
const SUGGEST_MS = 120;
const SEARCH_MS = 250;
const PATIENCE_MS = 20000;
const KEPT_REPLIES = 20;
const FACETS = ['show', 'speaker', 'from', 'to'];
const KEPT = ['q', 'exact', ...FACETS];

const STRINGS = {
  label: 'Search every spoken word',
  placeholder: 'A word or “exact phrase”',
  search: 'Search',
  clear: 'Clear',
  suggestions: 'Words that were said',
  filters: 'Filters',
  show: 'Show',
  speaker: 'Speaker',
  from: 'From',
  to: 'Until',
  any: 'Any',
  remove: 'Remove filter: {name}',
  loading: 'Searching…',
  results: 'Results',
  found: '{times} in {episodes}',
  times: { one: '{n} time', other: '{n} times' },
  episodes: { one: '{n} episode', other: '{n} episodes' },
  atLeast: '{n}+',
  more: { one: '{n} more', other: '{n} more' },
  moreEpisodes: 'More episodes',
  folded: 'Not said exactly so. With other accents:',
  stemmed: 'Not said exactly so. In other forms:',
  fuzzy: 'Not said exactly so. Showing results for “{suggestion}”.',
  near: 'Not said exactly so. Spelled nearly so:',
  sounds_like: 'Nothing is spelled so. These moments sound like it:',
  literal: 'Search only for “{query}”',
  loosely: 'Search for similar words',
  mean: 'Did you mean “{suggestion}”?',
  empty: 'No one says “{query}” here.',
  emptyHint: 'Try fewer words, or another that must have been said near it.',
  withoutFilters: 'Search without filters',
  offline: 'You are offline. The search waits for you.',
  failed: 'The search did not answer.',
  retry: 'Try again',
  player: 'Player',
  unplayable: 'This cannot be played here.',
  open: 'Open the episode',
  blocked: 'The Content-Security-Policy forbids asking {origin}: add it to connect-src.',
  perhaps: 'Perhaps also here',
  titles: 'In titles',
  recent: 'Recent searches',
  places: 'Where it is said',
  place: '{n} of {count}, {time}',
};

/** What both elements share: cut off from the page's styles, coloured by `--ew-…` or these. */
export const THEME = `
:host{display:block;color-scheme:inherit;outline:0!important}
:host([hidden]){display:none}
:host([data-light=light]){color-scheme:light}
:host([data-light=dark]){color-scheme:dark}
:host([theme=light]){color-scheme:light}
:host([theme=dark]){color-scheme:dark}
.root{all:initial;display:block;color-scheme:inherit;
--text:var(--ew-text,light-dark(#1d1b18,#edeae4));
--muted:var(--ew-muted,light-dark(#635e55,#aaa49a));
--line:var(--ew-line,light-dark(#dcd7cd,#3d3a35));
--bg:var(--ew-bg,light-dark(#fff,#201e1b));
--accent:var(--ew-accent,light-dark(#0b5d5f,#83d3cd));
--mark:var(--ew-mark,light-dark(#ffe27d,#6a5200));
--mark-text:var(--ew-mark-text,light-dark(#1d1b18,#fff4cc));
--now:var(--ew-now,light-dark(#0b5d5f,#83d3cd));
--now-text:var(--ew-now-text,light-dark(#fff,#10201f));
--danger:var(--ew-danger,light-dark(#9b2c1f,#ff9d8f));
--radius:var(--ew-radius,12px);
font-family:var(--ew-font,inherit);font-size:var(--ew-size,max(1em,14px));line-height:1.5;
color:var(--text);text-align:start;overflow-wrap:anywhere}
*,::before,::after{box-sizing:border-box}
[hidden]{display:none!important}
button,input,select,summary{font:inherit;color:inherit}
button,summary,select{cursor:pointer}
svg{fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;overflow:visible}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
`;

const CSS_TEXT = `
${THEME}
a{color:inherit}
form{position:relative;margin:0}
.box{display:flex;align-items:center;background:var(--bg);border:1px solid var(--line);
border-radius:var(--radius);padding:4px}
.box:focus-within{border-color:var(--accent);outline:1px solid var(--accent)}
.box input{flex:1;min-width:0;border:0;background:none;outline:0;padding:8px 4px;font-size:1.125em}
.box input::placeholder{color:var(--muted);opacity:1}
.icon{display:grid;place-items:center;width:44px;height:44px;flex:none;border:0;background:none;
color:var(--muted)}
.bar{height:2px;margin:1px 12px 0;overflow:hidden}
.loading .bar::before{content:"";display:block;height:100%;width:30%;background:var(--accent);
animation:slide 1.1s .15s infinite ease-in-out both}
@keyframes slide{from{transform:translateX(-110%)}to{transform:translateX(450%)}}
.list{position:absolute;z-index:3;inset-inline:0;top:58px;margin:0;padding:6px;list-style:none;
background:var(--bg);border:1px solid var(--line);border-radius:var(--radius);
box-shadow:0 4px 20px #0002}
.list li{display:flex;justify-content:space-between;align-items:baseline;gap:1em;padding:6px 12px;border-radius:6px;cursor:pointer}
small{color:var(--muted)}
.under{display:flex;flex-wrap:wrap;align-items:center;gap:4px 12px;min-height:32px;margin-top:6px}
.status{margin:0;color:var(--muted);font-variant-numeric:tabular-nums;margin-inline-end:auto}
details[open]{flex-basis:100%}
summary{color:var(--muted);padding:4px 0}
.icon:hover,summary:hover{color:var(--text)}
.facets{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,150px),1fr));gap:12px;
padding:8px 0 12px}
.facets label{display:grid;font-size:.875em;color:var(--muted);min-width:0}
.facets :is(select,input){min-height:38px;width:100%;padding:4px 8px;color:var(--text);
background:var(--bg);border:1px solid var(--line);border-radius:8px}
.pill{border:1px solid var(--line);background:var(--bg);border-radius:99px;
min-height:32px;padding:2px 14px;margin:2px;font-size:.9em;max-width:100%}
.pill:hover{border-color:var(--accent);color:var(--accent)}
.status,.pill,.note p{unicode-bidi:plaintext}
.note{padding-bottom:12px}
.note p{margin:4px 0 8px}
[part=snippet]{display:block}
.note.bad p:first-child{color:var(--danger)}
.loading .results{opacity:.55}
article{padding:16px 0;border-top:1px solid var(--line)}
h2,h3{margin:0;font-size:1.1em;font-weight:600;line-height:1.35}
h3 a:not(:hover){text-decoration:none}
h3 a{display:inline-block;padding:1px 0}
.meta{margin:0 0 6px;color:var(--muted);font-size:.875em}
.strip{height:24px;margin:-6px 0 4px}
ol{list-style:none;margin:0;padding:0}
.hit{display:grid;grid-template-columns:3.6em 1fr;gap:0 8px;padding:7px 8px;margin-inline:-8px;
border-radius:8px;text-decoration:none}
.hit:hover,.hit[aria-current],.list li[aria-selected=true],.list li:hover{
background:color-mix(in srgb,var(--accent) 12%,transparent)}
.time{color:var(--accent);font-variant-numeric:tabular-nums;font-weight:500}
.who{color:var(--muted);font-size:.875em;display:block}
mark{background:var(--mark);color:var(--mark-text);border-radius:3px;padding:1px 2px;margin:0 -2px}
.more{margin-top:6px}
@media (max-width:26rem){.hit{grid-template-columns:1fr}}
@media (forced-colors:active){mark{background:Mark;color:MarkText;forced-color-adjust:none}
.hit[aria-current],.list li[aria-selected=true]{outline:2px solid Highlight}
}
@media (prefers-reduced-motion:reduce){.bar::before{animation:none!important;width:100%!important}}
`;

/** Make an element: attributes, `on…` listeners, and children that are nodes or plain text. */
export function h(name, attributes = {}, ...children) {
  const drawn = /^(svg|path|line)$/.test(name);
  const element = drawn
    ? document.createElementNS('http://www.w3.org/2000/svg', name)
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, '');
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children.flat(2).filter((child) => child != null && child !== false));
  return element;
}

export function sheet(text) {
  const made = new CSSStyleSheet();
  made.replaceSync(text);
  return made;
}

/** Write seconds as 0:07, 12:34 or 1:02:03. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  const two = (n) => String(n).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}`;
}

/** Take out the controls that would turn round the text after them; nobody speaks them. */
export const plain = (text) => String(text ?? '').replace(/[\u202a-\u202e\u2066-\u2069]/g, '');

const UNSPACED = /[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]/;

/** Return what stands between two words: nothing in scripts that are written without spaces. */
export const gap = (left, right) =>
  !left || (UNSPACED.test(left.at(-1)) && UNSPACED.test(right[0] ?? '')) ? '' : ' ';

/** Return an address a link may lead to: http and https only, never `javascript:`. */
export function safeUrl(address, base) {
  try {
    const url = new URL(address, base);
    return /^https?:$/.test(url.protocol) ? url : null;
  } catch {
    return null;
  }
}

/** Speak a language: fill in templates, choose plurals, write numbers and dates. */
export function voice(strings, lang) {
  const numbers = new Intl.NumberFormat(lang);
  const plurals = new Intl.PluralRules(lang);
  return {
    number: (n) => numbers.format(n),
    date: (iso) => {
      const day = new Date(iso);
      return Number.isNaN(+day) ? '' : day.toLocaleDateString(lang, { dateStyle: 'medium' });
    },
    say(key, values = {}) {
      const found = strings[key] ?? key;
      const text = typeof found === 'object' ? found[plurals.select(values.count)] ?? found.other : found;
      return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
    },
  };
}

/** Return the element's language, its page's, or the browser's; never one that Intl refuses. */
export function languageOf(element) {
  const wanted = element.closest('[lang]')?.lang || navigator.language;
  try {
    return new Intl.Locale(wanted).baseName;
  } catch {
    return 'en';
  }
}

/** Put an episode's id into an address. */
export const fill = (template, id) => template?.replace('{episode}', encodeURIComponent(id));

/** Close the quotation mark of a phrase that is still being typed. */
const closed = (query) => (query.match(/["“”„«»]/g)?.length % 2 ? `${query}"` : query);

const button = (attributes, ...children) => h('button', { type: 'button', ...attributes }, ...children);
const pill = (part, onclick, ...children) => button({ class: `pill ${part}`, part, onclick }, ...children);
const icon = (d) => h('svg', { width: 20, height: 20, 'aria-hidden': 'true' }, h('path', { d }));
const chord = (event) => event.ctrlKey || event.metaKey || event.altKey;

let style;

export class EverywordSearch extends HTMLElement {
  #root = this.attachShadow({ mode: 'open' });
  #ui = null;
  #name = 'q'; // of the query in the page's address
  #dialog = null;
  #prefix = ''; // * while the last word is half typed
  #blocked;
  #voice = null;
  #asked = {}; // q and filters, as last searched
  #failure = null;
  #next = null;
  #exactly = ''; // taken as written
  #searching = null;
  #suggesting = null;
  #timers = {};
  #replies = new Map();
  #seen = { show: new Set(), speaker: new Set() };
  #hits = new Map(); // link -> {result, moment, words}
  #active = null; // the hit that plays
  #article = null; // in this episode
  #playing = null; // loaded with the first hit that is played
  #leaving = null;

  connectedCallback() {
    this.#leaving = new AbortController();
    this.#start(this.#leaving.signal);
  }

  async #start(signal) {
    // Several on a page: q, q2, q3.
    const place = [...document.querySelectorAll(this.localName)].indexOf(this);
    this.#name = this.getAttribute('param') ?? (place > 0 ? `q${place + 1}` : 'q');
    const { suit, translated } = await import('./surroundings.js');
    const words = this.#ui || await translated(this, 'search');
    const behind = this.hasAttribute('modal') && await import('./modal.js');
    if (signal.aborted) return;
    if (!this.#ui) {
      this.#build(words);
      this.#dialog = behind && behind.modal(this, this.#ui.root, this.#voice.say);
    }
    suit(this, signal);
    document.addEventListener('keydown', (event) => this.#shortcut(event), { signal });
    document.addEventListener('securitypolicyviolation', (event) => this.#refused(event), { signal });
    addEventListener('popstate', () => this.#restore(), { signal });
    addEventListener('online', () => this.#failure === 'offline' && this.#search(), { signal });
    this.#restore();
  }

  disconnectedCallback() {
    this.#leaving.abort();
    this.#searching?.abort();
    this.#suggesting?.abort();
    this.#playing?.then((playing) => playing.stop());
  }

  /** The words searched for; setting them searches. */
  get value() {
    return this.#ui?.input.value ?? '';
  }

  set value(words) {
    if (!this.#ui) return;
    this.#ui.input.value = words;
    this.#search();
  }

  focus(options) {
    if (this.#dialog) this.#dialog.open();
    this.#ui?.input.focus(options);
  }

  /** Search with other filters; those not named stay: `{show, speaker, from, to}`, '' for any. */
  filter(filters) {
    this.#set(filters);
    this.#search({ push: true });
  }

  #build(words) {
    let own = {};
    try {
      own = JSON.parse(this.getAttribute('strings') || '{}');
    } catch {
      console.warn('strings is not JSON');
    }
    this.#voice = voice({ ...STRINGS, ...words, ...own }, languageOf(this));
    const say = this.#voice.say;
    const input = h('input', {
      part: 'input', name: 'q', role: 'combobox', dir: 'auto', maxlength: 300,
      autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', enterkeyhint: 'search',
      placeholder: say('placeholder'), 'aria-label': say('label'), 'aria-autocomplete': 'list',
      'aria-expanded': 'false', 'aria-controls': 'words',
      oninput: (event) => this.#typed(event), oncompositionend: (event) => this.#typed(event),
      onkeydown: (event) => this.#inputKey(event), onblur: () => this.#closeList(),
      onfocus: () => this.#recall(),
    });
    const clear = button({ class: 'icon', hidden: true, 'aria-label': say('clear'), onclick: () => this.#clear() },
      icon('M5 5l10 10M15 5L5 15'));
    const list = h('ul', {
      id: 'words', class: 'list', part: 'suggestions', role: 'listbox', hidden: true,
      'aria-label': say('suggestions'), onpointerdown: (event) => event.preventDefault(),
      onclick: (event) => this.#take(event.target.closest('li')),
    });
    const facets = Object.fromEntries(FACETS.map((name) =>
      [name, this.#seen[name] ? h('select', { name }) : h('input', { name, type: 'date' })]));
    const filters = h('details', { part: 'filters', hidden: true, ontoggle: () => this.#facets() },
      h('summary', {}, say('filters')),
      h('div', { class: 'facets', onchange: () => this.#search({ push: true }) },
        FACETS.filter((name) => !this.#fixed(name)).map((name) => h('label', {}, say(name), facets[name]))));
    const status = h('p', { class: 'status', part: 'status', role: 'status' });
    const chips = h('span', {});
    const note = h('div', { class: 'note', hidden: true });
    const onkeydown = (event) => this.#resultKey(event);
    const onclick = (event) => this.#clicked(event);
    const results = h('div', { class: 'results', onkeydown, onclick });
    const also = h('div', { onkeydown, onclick });
    const more = pill('more', () => this.#search({ cursor: this.#next }), say('moreEpisodes'));
    const dock = h('div', { class: 'dock', part: 'player', role: 'group', hidden: true,
      'aria-label': say('player') });
    const form = h('form', { role: 'search', part: 'form', action: new URL('search', this.#api()),
      onsubmit: (event) => { event.preventDefault(); this.#closeList(); this.#search({ push: true }); } },
      h('div', { class: 'box', part: 'box' },
        button({ class: 'icon', part: 'button', type: 'submit', 'aria-label': say('search') },
          icon('M14 8.5a5.5 5.5 0 1 1-11 0a5.5 5.5 0 0 1 11 0zM12.6 12.6L17.5 17.5')),
        input, clear),
      h('div', { class: 'bar' }), list,
      h('div', { class: 'under' }, status, chips, filters));
    const root = h('div', { class: 'root', part: 'root' }, form, note, h('slot', { name: 'chart' }), results, more, also, dock);
    more.hidden = true;
    this.#root.adoptedStyleSheets = [style ??= sheet(CSS_TEXT)];
    this.#root.append(root);
    this.#ui = { root, input, clear, list, facets, filters, status, chips, note, results, more, also, dock };
  }

  #api() {
    const base = new URL(this.getAttribute('api') ?? '../', this.hasAttribute('api') ? document.baseURI : import.meta.url);
    if (!base.pathname.endsWith('/')) base.pathname += '/';
    return base;
  }

  #fixed(name) {
    return this.getAttribute(name) || '';
  }

  #wanted() {
    const { input, facets } = this.#ui;
    const wanted = { q: input.value.trim().replace(/\s+/g, ' ') };
    for (const name of FACETS) wanted[name] = this.#fixed(name) || facets[name].value;
    wanted.episode = this.#fixed('episode');
    wanted.exact = wanted.q === this.#exactly && 'true';
    return wanted;
  }

  /** Everything that narrows the search: what was asked, and what the page fixed. */
  #scope() {
    return { ...this.#asked, q: closed(this.#asked.q) + this.#prefix,
      limit: this.getAttribute('page-size') || 10, per_episode: HITS_FIRST };
  }

  async #get(path, params, signal) {
    const url = new URL(`v1/${path}`, this.#api());
    for (const [name, value] of Object.entries(params)) if (value) url.searchParams.set(name, value);
    const kept = this.#replies.get(url.href);
    if (kept) return kept;
    const answer = await fetch(url, {
      credentials: 'omit', signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
    });
    const body = await answer.json().catch(() => null);
    if (!answer.ok || !body) throw Object.assign(new Error('refused'), { problem: body });
    this.#replies.set(url.href, body);
    if (this.#replies.size > KEPT_REPLIES) this.#replies.clear();
    return body;
  }

  #typed({ isComposing }) {
    const { input, clear } = this.#ui;
    clear.hidden = !input.value;
    if (isComposing) return; // an input method is still choosing the characters
    clearTimeout(this.#timers.suggest);
    clearTimeout(this.#timers.search);
    this.#timers = {
      suggest: setTimeout(() => this.#suggest(), SUGGEST_MS),
      search: setTimeout(() => this.#search({ live: true }), SEARCH_MS),
    };
  }

  async #search({ push = false, cursor = null, live = false } = {}) {
    clearTimeout(this.#timers.search);
    const wanted = this.#wanted();
    if (!wanted.q) {
      this.#idle(push);
      return;
    }
    this.#searching?.abort();
    const { signal } = (this.#searching = new AbortController());
    if (!cursor) {
      this.#asked = wanted;
      this.#prefix = '';
      this.#address(push);
      this.#chips();
    }
    this.#busy(true);
    try {
      let reply = await this.#get('search', { ...this.#scope(), cursor }, signal);
      if (live && !(reply.hits && reply.matched === 'exact') && /[\p{L}\p{N}]$/u.test(wanted.q)) {
        this.#prefix = '*';
        const begun = await this.#get('search', this.#scope(), signal);
        if (begun.hits) reply = begun;
        else this.#prefix = '';
      }
      if (signal.aborted) return;
      this.#busy(false);
      this.#failure = null;
      this.#show(reply, Boolean(cursor));
      if (push && reply.hits) this.#recent((recent) => recent.keep(wanted.q));
      if (!cursor) this.#also(signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#busy(false);
      const { detail, status } = error.problem ?? {};
      // A query that is only half typed is no error yet: say quietly what is missing.
      if (live && status < 500) this.#ui.status.textContent = plain(detail);
      else this.#fail(error, cursor);
    }
  }

  /** Beside the hits: titles, and where it was perhaps said. */
  async #also(signal) {
    const asked = { ...this.#scope(), perhaps: true, titles: true, limit: 1, per_episode: 1 };
    const reply = await this.#get('search', asked, signal).catch(() => ({}));
    if (!reply.perhaps?.length && !reply.titles?.length) return;
    const { beside } = await import('./beside.js');
    if (signal.aborted) return;
    this.#ui.also.replaceChildren(...beside(reply, this.#voice, this.#href.bind(this), (result) => this.#episode(result)));
  }

  #recent(use) {
    if (this.#fixed('recent') !== 'off') import('./recent.js').then(use, () => {});
  }

  #recall() {
    if (!this.value) this.#recent((recent) => this.value || this.#openList(recent.kept(), 'recent'));
  }

  #refused({ effectiveDirective, blockedURI }) {
    const { origin } = this.#api();
    if (effectiveDirective !== 'connect-src' || !blockedURI.startsWith(origin)) return;
    this.#blocked = this.#voice.say('blocked', { origin });
    if (this.#failure) this.#fail({});
  }

  #idle(push) {
    this.#searching?.abort();
    this.#asked = { q: '' };
    this.#failure = null;
    this.#busy(false);
    this.#address(push);
    this.#empty();
    this.#ui.filters.hidden = true;
    this.#chips();
    this.#answered({ hits: 0, episodes: 0 });
  }

  #param(name) {
    const param = this.#name;
    return name === 'q' ? param : param === 'q' ? name : `${param}-${name}`;
  }

  #address(push) {
    if (!this.#param('q')) return;
    const url = new URL(location);
    for (const name of KEPT) {
      const value = this.#fixed(name) ? '' : this.#asked[name];
      if (value) url.searchParams.set(this.#param(name), value);
      else url.searchParams.delete(this.#param(name));
    }
    if (url.href === location.href) return;
    history[push ? 'pushState' : 'replaceState'](history.state, '', url);
  }

  #restore() {
    if (!this.#param('q')) return;
    const { input, clear } = this.#ui;
    const search = new URLSearchParams(location.search);
    const given = KEPT.map((name) => [name, search.get(this.#param(name)) ?? '']);
    const { q, exact, ...filters } = Object.fromEntries(given);
    input.value = q;
    clear.hidden = !q;
    this.#exactly = exact && this.#wanted().q;
    this.#set(filters);
    if (input.value || this.#asked.q) this.#search();
  }

  #set(filters) {
    for (const [name, value] of Object.entries(filters)) {
      if (value) this.#seen[name]?.add(value);
      this.#options();
      this.#ui.facets[name].value = value;
    }
  }

  async #suggest() {
    const typed = this.#ui.input.value;
    this.#suggesting?.abort();
    const { signal } = (this.#suggesting = new AbortController());
    if (typed.trim().length < 2 || !this.#ui.input.matches(':focus')) {
      this.#closeList();
      return;
    }
    try {
      const { suggestions = [] } = await this.#get('suggest', { q: typed, show: this.#asked.show }, signal);
      if (!signal.aborted && this.#ui.input.value === typed) this.#openList(suggestions.slice(0, 6));
    } catch {
      this.#closeList(); // a hint that does not come is not missed
    }
  }

  #openList(suggestions, label = 'suggestions') {
    const { list, input } = this.#ui;
    const words = suggestions.map((each) => (each.text ? each : { text: each }))
      .filter(({ text }) => text !== input.value.trim());
    list.replaceChildren(...words.map(({ text, count }, index) =>
      h('li', { id: `word-${index}`, role: 'option', 'aria-selected': 'false', 'data-text': text },
        h('bdi', {}, plain(text)),
        count == null ? null : h('small', {}, this.#times(count)))));
    list.hidden = !words.length;
    list.setAttribute('aria-label', this.#voice.say(label));
    input.setAttribute('aria-expanded', String(!list.hidden));
    input.removeAttribute('aria-activedescendant');
  }

  #closeList() {
    clearTimeout(this.#timers.suggest);
    this.#suggesting?.abort();
    this.#openList([]);
  }

  #take(item) {
    if (!item) return;
    this.#ui.input.value = item.dataset.text;
    this.#ui.clear.hidden = false;
    this.#closeList();
    this.#search({ push: true });
  }

  #shortcut(event) {
    const target = event.composedPath()[0];
    const wide = event.key === 'k' && (event.ctrlKey || event.metaKey);
    if (!(wide || (event.key === '/' && !chord(event))) || event.defaultPrevented || this.#fixed('shortcut') === 'off') return;
    if (!wide && (target.isContentEditable || target.matches?.('input,textarea,select,[role=textbox]'))) return;
    event.preventDefault();
    this.focus();
    this.#ui.input.select();
  }

  #inputKey(event) {
    if (event.isComposing) return;
    const { list, input } = this.#ui;
    const items = [...list.children];
    const at = items.findIndex((item) => item.getAttribute('aria-selected') === 'true');
    if (event.key === 'Escape') {
      if (!list.hidden) this.#closeList();
      else if (this.#dialog && !input.value) return; // the dialog closes
      else this.#clear();
    } else if (event.key === 'Enter' && at >= 0) {
      this.#take(items[at]);
    } else if (/^Arrow(Up|Down)$/.test(event.key)) {
      const down = event.key === 'ArrowDown';
      if (!items.length) {
        if (down) this.#links()[0]?.focus();
        else return;
      } else {
        items[at]?.setAttribute('aria-selected', 'false');
        // One step past either end is the text itself.
        const to = (at + 1 + (down ? 1 : items.length)) % (items.length + 1) - 1;
        items[to]?.setAttribute('aria-selected', 'true');
        if (items[to]) input.setAttribute('aria-activedescendant', items[to].id);
        else input.removeAttribute('aria-activedescendant');
      }
    } else return;
    event.preventDefault();
  }

  #resultKey(event) {
    if (chord(event)) return;
    const links = this.#links();
    const here = links.indexOf(this.#root.activeElement);
    const at = here >= 0 ? here : links.indexOf(this.#active);
    if (event.key === 'Escape') this.focus();
    else if (event.key === 'ArrowDown') links[at + 1]?.focus();
    else if (event.key === 'ArrowUp') (at > 0 ? links[at - 1] : this.#ui.input).focus();
    else if (event.key === 'n' || event.key === 'p') {
      const link = links[links.indexOf(this.#active) + (event.key === 'n' ? 1 : -1)];
      link?.focus();
      link?.click();
    } else return;
    event.preventDefault();
  }

  #links() {
    return [...this.#ui.root.querySelectorAll('.hit')];
  }

  #clear() {
    this.#ui.input.value = '';
    this.#ui.clear.hidden = true;
    this.#closeList();
    this.#search();
    this.focus();
  }

  #busy(on) {
    const { root, results, status } = this.#ui;
    root.classList.toggle('loading', on);
    results.setAttribute('aria-busy', String(on));
    if (on && !results.childElementCount) status.textContent = this.#voice.say('loading');
  }

  #empty() {
    const { results, note, more, status } = this.#ui;
    this.#hits.clear();
    this.#active = this.#article = null;
    this.#playing?.then((playing) => playing.clear());
    results.replaceChildren();
    this.#ui.also.replaceChildren();
    note.hidden = true;
    more.hidden = true;
    status.textContent = '';
  }

  #note(bad, ...lines) {
    const { note } = this.#ui;
    note.hidden = false;
    note.classList.toggle('bad', bad);
    note.replaceChildren(...lines.filter(Boolean));
  }

  #fail(error, cursor) {
    const { say } = this.#voice;
    const { status, results } = this.#ui;
    this.#failure = navigator.onLine ? 'failed' : 'offline';
    if (!cursor) this.#empty();
    const { detail, hint } = error.problem ?? {};
    const words = this.#failure === 'offline' ? say('offline') : plain(detail) || this.#blocked || say('failed');
    if (!results.childElementCount) status.textContent = '';
    this.#note(true, h('p', { role: 'alert' }, words), hint && h('p', { class: 'meta' }, plain(hint)),
      pill('action', () => this.#search({ cursor }), say('retry')));
  }

  #times(count, capped) {
    const n = this.#voice.number(count);
    return this.#voice.say('times', { count, n: capped ? this.#voice.say('atLeast', { n }) : n });
  }

  #show(reply, added) {
    const { say, number } = this.#voice;
    const { results, status, more, filters } = this.#ui;
    const before = added ? results.childElementCount : 0;
    if (!added) this.#empty();
    const query = plain(this.#asked.q);
    this.#next = reply.next;
    more.hidden = !reply.next;
    filters.hidden = !reply.hits && !this.#filters().length;
    for (const result of reply.results) {
      this.#seen.show.add(result.show);
      for (const moment of result.moments) this.#seen.speaker.add(moment.speaker);
    }
    this.#options();
    if (!reply.hits) {
      this.#nothing(query, reply.suggestion);
    } else {
      const episodes = say('episodes', { count: reply.episodes, n: number(reply.episodes) });
      status.textContent = say('found', { times: this.#times(reply.hits, reply.capped), episodes });
      this.#ui.note.hidden = true;
      if (reply.matched !== 'exact' && !added) this.#loose(query, reply);
      if (!added) results.append(h('h2', { class: 'sr' }, say('results')));
      results.append(...reply.results.map((result) => this.#episode(result)));
      if (added && this.#root.activeElement === null && more.hidden) {
        results.children[before]?.querySelector('a').focus(); // the button is gone
      }
    }
    this.#answered(reply);
  }

  #nothing(query, suggestion) {
    const { say } = this.#voice;
    this.#ui.status.textContent = say('empty', { query });
    this.#note(false,
      h('p', { class: 'meta' }, say('emptyHint')),
      suggestion && suggestion !== query &&
        pill('action', () => { this.value = suggestion; }, say('mean', { suggestion: plain(suggestion) })),
      this.#asked.exact && pill('action', () => this.#search({ push: true }, this.#exactly = ''), say('loosely')),
      this.#filters().length && pill('action', () => this.#unfilter(FACETS), say('withoutFilters')));
  }

  #loose(query, { matched, suggestion }) {
    const { say } = this.#voice;
    const line = matched === 'fuzzy' && !suggestion ? 'near' : matched;
    this.#note(false, h('p', {}, say(line, { suggestion: plain(suggestion) })),
      matched !== 'folded' && pill('action', () => {
        this.#exactly = this.#asked.q;
        this.#search({ push: true });
      }, say('literal', { query })));
  }

  #href(result, start) {
    const id = result.episode_id;
    const own = fill(this.getAttribute('page'), id);
    const page = (own ? safeUrl(own, document.baseURI) : result.url && safeUrl(result.url, this.#api()))
      || new URL(fill('episodes/{episode}', id), this.#api());
    if (start != null) page.hash = `t=${+start.toFixed(3)}`;
    return page.href;
  }

  #episode(result) {
    const { say, date, number } = this.#voice;
    const meta = [result.show, result.published_at && date(result.published_at), !result.moments[0].likelihood && this.#times(result.hits)];
    const hits = h('ol', { part: 'hits' });
    const more = pill('more', async () => {
      const at = hits.childElementCount;
      if (!waiting.length) {
        // The rest of one episode: the same search, from where its first page ended.
        const reply = await this.#get('search', { ...this.#scope(), cursor: next }, this.#leaving.signal).catch(() => null);
        if (!reply) {
          more.textContent = say('retry');
          return;
        }
        waiting = reply.results.flatMap((part) => part.moments);
        next = reply.results[0]?.next ?? reply.next;
      }
      add(HITS_MORE);
      hits.children[at]?.firstChild.focus();
    });
    const add = (count) => {
      hits.append(...waiting.splice(0, count).map((moment) => this.#hit(result, moment)));
      const left = next ? result.hits - hits.childElementCount : waiting.length;
      more.textContent = say('more', { count: left, n: number(left) });
      more.hidden = left <= 0;
    };
    let waiting = [...result.moments];
    let { next } = result;
    add(HITS_FIRST);
    return h('article', { part: 'episode', 'data-episode': result.episode_id },
      h('h3', {}, h('a', { part: 'title', dir: 'auto', href: this.#href(result) }, plain(result.title))),
      h('p', { class: 'meta' }, meta.filter(Boolean).map((text, i) => [i ? ' · ' : '', h('bdi', {}, plain(text))])),
      this.#strip(result), hits, more);
  }

  #strip(result) {
    if (!(result.starts?.length > 1)) return null;
    const strip = h('div', { class: 'strip', part: 'strip' });
    const jump = (start) => {
      const link = [...strip.parentNode.querySelectorAll('.hit')]
        .find((each) => this.#hits.get(each).moment.start === start);
      const moment = link ? this.#hits.get(link).moment : { start, end: start };
      if (!this.#choose(strip, result, moment, link)) location.assign(this.#href(result, start));
    };
    import('./strip.js').then(({ draw }) => draw(strip, result, this.#voice.say, jump));
    return strip;
  }

  #hit(result, moment) {
    const text = h('span', { part: 'snippet', dir: 'auto' });
    const words = [];
    let node = null;
    let last = null;
    for (const { text: raw, start, match } of moment.snippet) {
      const word = plain(raw).slice(0, 80);
      const between = last ? gap(last.word, word) : '';
      if (!last || match !== last.match) {
        if (match || !node) text.append(between);
        node = document.createTextNode(match || !last ? '' : between);
        text.append(match ? h('mark', { part: 'mark' }, node) : node);
      } else node.data += between;
      words.push({ start, node, from: node.data.length, to: node.data.length + word.length });
      node.data += word;
      last = { word, match };
    }
    const link = h('a', { class: 'hit', part: 'hit', href: this.#href(result, moment.start) },
      h('span', { class: 'time', part: 'time' }, clock(moment.start)),
      h('span', {}, moment.speaker && h('bdi', { class: 'who', part: 'speaker' }, plain(moment.speaker)), ' ', text));
    this.#hits.set(link, { result, moment, words });
    return h('li', {}, link);
  }

  /** The filters a person chose, not those the page fixed. */
  #filters() {
    return FACETS.filter((name) => this.#asked[name] && !this.#fixed(name));
  }

  /** Offer every show and speaker of the archive; without that answer, those in the results. */
  async #facets() {
    for (const name of ['show', 'speaker']) {
      const { names } = await this.#get(`${name}s`, { show: name === 'speaker' && this.#asked.show }, this.#leaving.signal)
        .catch(() => ({ names: [] }));
      for (const each of names) this.#seen[name].add(each.name);
    }
    this.#options();
  }

  #options() {
    for (const [name, values] of Object.entries(this.#seen)) {
      const select = this.#ui.facets[name];
      const { value } = select;
      const known = [...values].filter(Boolean).sort((a, b) => a.localeCompare(b));
      select.replaceChildren(h('option', { value: '' }, this.#voice.say('any')),
        ...known.map((v) => h('option', { value: v }, plain(v))));
      select.value = value;
    }
  }

  #chips() {
    const { say } = this.#voice;
    this.#ui.chips.replaceChildren(...this.#filters().map((name) => {
      const text = `${say(name)}: ${plain(this.#asked[name])}`;
      const chip = pill('chip', () => this.#unfilter([name]), h('bdi', {}, text), ' ×');
      chip.setAttribute('aria-label', say('remove', { name: text }));
      return chip;
    }));
  }

  #unfilter(names) {
    this.filter(Object.fromEntries(names.map((name) => [name, ''])));
    this.focus();
  }

  #clicked(event) {
    const link = event.target.closest?.('.hit');
    if (!link || event.button || event.shiftKey || chord(event)) return;
    const { result, moment } = this.#hits.get(link);
    if (this.#choose(link, result, moment, link)) event.preventDefault();
  }

  /** Play a moment, or let the page; `link` is its hit, if it is shown. */
  #choose(place, result, { start, end, snippet = [] }, link) {
    const word = snippet.filter(({ match }) => match).map(({ text }) => text).join(' ');
    const isOurs = this.#tell('seek', { episode: result.episode_id, start, end, word });
    if (isOurs && this.#fixed('player') === 'none') return false;
    this.#article = place.closest('article');
    this.#mark(link);
    if (isOurs) this.#play(result, start);
    return true;
  }

  #answered({ hits, episodes }) {
    this.found = { ...this.#scope(), query: this.#asked.q, hits, episodes };
    this.#tell('results', this.found);
  }

  #tell(name, detail) {
    return this.dispatchEvent(new CustomEvent(`everyword:${name}`, { detail, bubbles: true, composed: true, cancelable: true }));
  }

  async #play(result, start) {
    this.#playing ??= import('./playing.js').then(({ Playing }) => new Playing({
      host: this, dock: this.#ui.dock, say: this.#voice.say, api: () => this.#api(),
      href: this.#href.bind(this), words: this.#hits.get.bind(this.#hits),
      active: () => this.#active, mark: this.#mark.bind(this),
    }));
    (await this.#playing).play(result, start, this.#article);
  }

  #mark(link) {
    this.#active?.removeAttribute('aria-current');
    link?.setAttribute('aria-current', 'true');
    this.#active = link;
  }
}

if (!customElements.get('everyword-search')) customElements.define('everyword-search', EverywordSearch);
