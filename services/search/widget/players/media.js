/** Plays an <audio> or <video> element. The other players have the same shape. */
import { EARLY_S } from '../everyword-search.js';

export default function media(element) {
  return {
    seek(seconds, start = true) {
      element.currentTime = seconds;
      // A refusal to start is the browser's policy, not a failure: the controls are there.
      if (start) element.play()?.catch(() => {});
    },
    /** Call back with the time: every frame while it plays, and after each jump. */
    watch(callback) {
      const stop = new AbortController();
      let frame = 0;
      const tell = () => {
        cancelAnimationFrame(frame);
        // A paused player stands a breath before the word that it will play.
        callback(element.currentTime + (element.paused ? EARLY_S : 0));
        if (!element.paused && !stop.signal.aborted) frame = requestAnimationFrame(tell);
      };
      for (const name of ['play', 'seeked', 'timeupdate']) {
        element.addEventListener(name, tell, { signal: stop.signal });
      }
      if (element.currentTime) tell();
      return () => stop.abort();
    },
  };
}
