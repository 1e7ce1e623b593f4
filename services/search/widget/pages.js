/** What a transcript page adds when scripts run: the caption that is spoken now, above its player. */
import './everyword-transcript.js';

const player = document.querySelector('#player');
const caption = document.querySelector('.caption');
const track = player?.textTracks[0];

if (track && caption) {
  track.mode = 'hidden'; // loaded, and shown here: a browser paints captions on video only
  track.addEventListener('cuechange', () => {
    const lines = [...track.activeCues].map((cue) => cue.getCueAsHTML().textContent);
    caption.textContent = lines.join('\n');
  });
  player.addEventListener('play', () => { player.dataset.played = ''; }, { once: true });
}
