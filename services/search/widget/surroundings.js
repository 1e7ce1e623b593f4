/** The page around an element: the light it stands in, and the language it speaks. */
import { languageOf } from './everyword-search.js';

const TRANSLATED = ['ar', 'de', 'es', 'fr', 'it', 'ja', 'nl', 'pl', 'pt', 'sv'];

function paint(element) {
  const shade = (color) => {
    const ink = document.createElement('canvas').getContext('2d');
    ink.fillStyle = 'transparent';
    ink.fillStyle = color; // empty where an element is in no slot yet
    ink.fillRect(0, 0, 1, 1);
    const [r, g, b, alpha] = ink.getImageData(0, 0, 1, 1).data;
    return alpha > 127 ? 0.3 * r + 0.59 * g + 0.11 * b : null;
  };
  let dark = null;
  for (let at = element; at && dark === null; at = at.parentNode ?? at.host) {
    if (!at.tagName) continue;
    const { backgroundColor, backgroundImage, color } = getComputedStyle(at);
    const behind = shade(backgroundColor);
    if (behind !== null) dark = behind < 128;
    else if (backgroundImage.includes('(')) dark = shade(color) > 128; // written to be read on it
  }
  if (dark === null) delete element.dataset.light;
  else element.dataset.light = dark ? 'dark' : 'light';
}

/**
 * Give an element colours that can be read on what the page really paints behind it, now and
 * whenever the page or the reader changes the light.
 */
export function suit(element, signal) {
  const now = () => paint(element);
  const watch = new MutationObserver(now);
  for (const each of [document.documentElement, document.body]) watch.observe(each, { attributes: true });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', now, { signal });
  document.addEventListener('transitionend', now, { signal });
  signal.addEventListener('abort', () => watch.disconnect());
  now();
}

/** Return an element's words in its language, from `strings/`; English ones stand in the scripts. */
export async function translated(element, part) {
  const [language] = languageOf(element).split('-');
  if (!TRANSLATED.includes(language)) return {};
  const answer = await fetch(new URL(`strings/${language}.json`, import.meta.url)).catch(() => null);
  const words = answer?.ok && await answer.json().catch(() => null);
  return words?.[part] ?? {};
}
