/** The reader's recent searches, kept by this browser for this page's site and sent nowhere. */
const KEY = 'everyword-recent';
const KEPT = 6;

/** Return them, newest first; nothing where the browser keeps nothing. */
export function kept() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY));
    return Array.isArray(found) ? found.filter((each) => typeof each === 'string').slice(0, KEPT) : [];
  } catch {
    return [];
  }
}

export function keep(query) {
  try {
    const others = kept().filter((each) => each !== query);
    localStorage.setItem(KEY, JSON.stringify([query, ...others].slice(0, KEPT)));
  } catch {
    // A browser that keeps nothing, or is full: there is simply no list.
  }
}
