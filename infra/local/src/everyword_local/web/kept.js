/** Small things that this browser keeps; one that keeps nothing loses nothing else. */
export const kept = {
  text: (key) => {
    try {
      return localStorage.getItem(key) ?? '';
    } catch {
      return '';
    }
  },
  read: (key) => Number(kept.text(key)) || 0,
  write: (key, value) => {
    try {
      if (value) localStorage.setItem(key, String(value));
      else localStorage.removeItem(key);
    } catch {
      // nothing is kept here
    }
  },
};
