/** The player of an episode's page: speed, fifteen seconds back and on, Space, and its place kept. */
import { h } from '/widget/everyword-search.js';
import { kept } from './kept.js';

const STEP_S = 15;
const SPEEDS = [0.75, 1, 1.25, 1.5, 1.75, 2];
const KEEP_EVERY_S = 5;
const player = document.querySelector('#player');

if (player) {
  const place = `everyword-place ${location.pathname}`;
  const speed = h('select', { 'aria-label': 'Speed', onchange: () => {
    player.playbackRate = Number(speed.value);
    kept.write('everyword-speed', player.playbackRate);
  } }, SPEEDS.map((each) => h('option', { value: each }, `${each}×`)));
  let wanted;
  const seek = () => {
    if (wanted !== undefined) player.currentTime = wanted;
    wanted = undefined;
  };
  const skip = (by, text, label) => h('button', { class: 'button', type: 'button', 'aria-label': label, onclick: () => {
    wanted = Math.max(0, (wanted ?? player.currentTime) + by);
    if (!player.seeking) seek();
  } }, text);
  // One seek at a time: Chromium can hang in a seek that another one overtakes.
  player.addEventListener('seeked', () => seek());
  speed.value = String(SPEEDS.includes(kept.read('everyword-speed')) ? kept.read('everyword-speed') : 1);
  player.playbackRate = player.defaultPlaybackRate = Number(speed.value);
  player.before(h('div', { class: 'steer' },
    skip(-STEP_S, `−${STEP_S} s`, `${STEP_S} seconds back`), skip(STEP_S, `+${STEP_S} s`, `${STEP_S} seconds on`), speed));

  let told = 0;
  player.addEventListener('timeupdate', () => {
    if (Math.abs(player.currentTime - told) < KEEP_EVERY_S) return;
    told = player.currentTime;
    kept.write(place, player.ended ? 0 : told);
  });
  player.addEventListener('ended', () => kept.write(place, 0));
  const goOn = () => {
    if (!/t=/.test(location.hash + location.search) && kept.read(place) > STEP_S && !player.currentTime) {
      player.currentTime = kept.read(place);
    }
  };
  if (player.readyState) goOn();
  else player.addEventListener('loadedmetadata', goOn, { once: true });

  document.addEventListener('keydown', (event) => {
    const target = event.composedPath()[0];
    if (event.key !== ' ' || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.isContentEditable || target.matches?.('input,textarea,select,button,summary,a,audio')) return;
    event.preventDefault();
    if (player.paused) player.play()?.catch(() => {});
    else player.pause();
  });
}
