/** Small things that this browser keeps; one that keeps nothing loses nothing else. */
export const kept = {
  read: (key) => {
    try {
      return Number(localStorage.getItem(key)) || 0;
    } catch {
      return 0;
    }
  },
  write: (key, value) => {
    try {
      if (value) localStorage.setItem(key, String(value));
      else localStorage.removeItem(key);
    } catch {
      // nothing is kept here
    }
  },
};
