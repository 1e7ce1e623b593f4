/** The strip under an episode's title: where its hits lie. A click or an arrow key plays from there. */
import { EARLY_S, clock, h, sheet } from './everyword-search.js';

const WIDE = 1000;
const BEFORE_S = 2 * EARLY_S;
const CSS_TEXT = `
.strip{cursor:pointer;color:var(--accent);border-bottom:1px solid var(--line)}
.strip svg{display:block;width:100%;height:100%}
.strip line{stroke:var(--danger)}
`;
const style = sheet(CSS_TEXT);
const thin = { 'vector-effect': 'non-scaling-stroke' };

/**
 * Draw the marks into `place`, a slider over the hits: to its readers they are numbers and times.
 * `place.at(seconds)` then shows how far playback is.
 */
export function draw(place, { duration_s: duration, starts }, say, jump) {
  if (!place.isConnected) return; // another search came between
  const along = (seconds) => Math.round((seconds / duration) * WIDE);
  const columns = new Set(starts.map((start) => 2 * Math.round(along(start) / 2)));
  const svg = h('svg', { viewBox: `0 0 ${WIDE} 18`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    h('path', { d: [...columns].map((x) => `M${x} 5V16`).join(''), ...thin }));
  const head = h('line', { y1: 0, y2: 18, ...thin });
  let at = 0;

  const tell = () => {
    const time = clock(starts[at]);
    place.setAttribute('aria-valuenow', at + 1);
    place.setAttribute('aria-valuetext', say('place', { n: at + 1, count: starts.length, time }));
  };
  const go = (to) => {
    at = Math.max(0, Math.min(starts.length - 1, to));
    tell();
    jump(starts[at]);
  };

  const { adoptedStyleSheets: styles } = place.getRootNode();
  if (!styles.includes(style)) styles.push(style);
  place.append(svg);
  const described = {
    role: 'slider', tabindex: 0, 'aria-label': say('places'), 'aria-valuemin': 1, 'aria-valuemax': starts.length,
  };
  for (const [name, value] of Object.entries(described)) place.setAttribute(name, value);
  tell();

  place.addEventListener('click', ({ clientX }) => {
    const { left, width } = place.getBoundingClientRect();
    const seconds = ((clientX - left) / width) * duration;
    const far = (start) => Math.abs(start - seconds);
    go(starts.reduce((best, start, i) => (far(start) < far(starts[best]) ? i : best), 0));
  });
  place.addEventListener('keydown', (event) => {
    const step = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: starts.length - 1, Enter: at }[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    go(step);
  });
  place.at = (seconds) => {
    head.setAttribute('x1', along(seconds));
    head.setAttribute('x2', along(seconds));
    if (!head.isConnected) svg.append(head);
    const reached = starts.findLastIndex((start) => start <= seconds);
    // A hit is played from a little before it: that is not yet the one before.
    if (reached > at || seconds < starts[at] - BEFORE_S) {
      at = Math.max(0, reached);
      tell();
    }
  };
}
