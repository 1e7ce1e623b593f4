/** What happens once a hit is played: finding the player, and following it. Loaded with the first. */
import { EARLY_S, fill, h, plain, sheet } from './everyword-search.js';

const NOW = 'everyword-now';
const CSS_TEXT = `
::highlight(${NOW}){background:var(--now);color:var(--now-text)}
.dock{position:sticky;bottom:0;z-index:2;padding:8px 12px 10px;background:var(--bg);
border:1px solid var(--line);border-radius:var(--radius);box-shadow:0 4px 20px #0002}
.dock p{margin:0 0 4px;font-size:.875em;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.dock p:has(a){white-space:normal}
.dock audio:not([hidden]){display:block;width:100%;height:40px}
`;
const style = sheet(CSS_TEXT);
const players = new WeakMap();

/** The word being spoken, painted without touching the text (CSS Custom Highlights). */
export const painted = (name) => {
  if (!globalThis.Highlight) return { add() {}, clear() {} };
  if (!CSS.highlights.has(name)) CSS.highlights.set(name, new Highlight());
  return CSS.highlights.get(name);
};

/**
 * Return what plays a target: `seek(seconds)` and `watch(callback)`. The target is a media element,
 * a YouTube frame, a Podlove store, or has `seek` already.
 */
export async function playerOf(target) {
  if (!target || target.seek) return target;
  const kind = target.dispatch ? 'podlove' : target instanceof HTMLIFrameElement ? 'youtube' : 'media';
  if (!players.has(target)) players.set(target, (await import(`./players/${kind}.js`)).default(target));
  return players.get(target);
}

/**
 * Plays the hits of one search element.
 *
 * `view` is what it may know of it: `host`, `dock`, `say`, `api()`, `href(result, start)`,
 * `words(link)`, `active()` and `mark(link)`.
 */
export class Playing {
  #view;
  #article = null;
  #watching = null;

  constructor(view) {
    this.#view = view;
    view.dock.getRootNode().adoptedStyleSheets.push(style);
  }

  async play(result, start, article) {
    const { host, api, href } = this.#view;
    this.#article = article;
    const selector = host.getAttribute('player');
    const target = host.player ?? (selector ? document.querySelector(selector) : this.#dock(result, start));
    const id = result.episode_id;
    // A page that fixed the episode and its player's recording knows best.
    const own = host.getAttribute('episode') && target?.currentSrc;
    if (target instanceof HTMLMediaElement && target.dataset.episode !== id && !own) {
      target.src = new URL(fill(host.getAttribute('media') || 'media/{episode}', id), api());
      target.dataset.episode = id;
    }
    const player = await playerOf(target);
    if (!player) {
      location.assign(href(result, start));
      return;
    }
    player.seek(Math.max(0, start - EARLY_S));
    if (this.#watching?.player !== player) {
      this.#watching?.stop?.();
      this.#watching = { player, stop: player.watch?.((seconds) => this.#follow(seconds)) };
    }
  }

  clear() {
    this.#article = null;
    painted(NOW).clear();
  }

  stop() {
    this.#watching?.stop?.();
    this.#watching = null;
    this.clear();
  }

  #dock(result, start) {
    const { dock, say, href } = this.#view;
    let audio = dock.querySelector('audio');
    if (!audio) {
      audio = h('audio', { controls: true, preload: 'auto' });
      dock.append(h('p', { role: 'status' }), audio);
    }
    audio.onerror = () => {
      const link = h('a', { href: href(result, start) }, say('open'));
      audio.hidden = true;
      delete audio.dataset.episode; // asked for again, it is loaded again
      dock.firstChild.replaceChildren(say('unplayable'), ' ', link);
    };
    audio.hidden = dock.hidden = false;
    dock.firstChild.replaceChildren(h('bdi', {}, plain(result.title)));
    return audio;
  }

  /** Paint the word that is being spoken, and move on to the next hit when playback reaches it. */
  #follow(seconds) {
    const { words: wordsOf, active, mark } = this.#view;
    const now = painted(NOW);
    now.clear();
    const article = this.#article;
    if (!article) return;
    article.querySelector('.strip')?.at?.(seconds);
    const reached = [...article.querySelectorAll('.hit')].findLast((link) => {
      const { moment, words } = wordsOf(link);
      return moment.start <= seconds + EARLY_S && seconds < words.at(-1)?.start + 1;
    });
    if (reached && reached !== active()) mark(reached);
    const { words } = wordsOf(active()) ?? {};
    const word = words?.findLast(({ start }) => start <= seconds);
    if (!word || seconds > words.at(-1).start + 1) return;
    const range = new Range();
    range.setStart(word.node, word.from);
    range.setEnd(word.node, word.to);
    now.add(range);
  }
}
