/** Says which services take no work, why, and what to do. */
import { call } from './api.js';

const line = document.querySelector('#paused');

export async function showPaused() {
  const { paused = {} } = await call('health').catch(() => ({}));
  const text = Object.entries(paused).map(([service, { message, hint }]) =>
    `${service} is paused: ${message}${hint ? ` - ${hint}` : ''}`).join('\n');
  if (line.textContent !== text) line.textContent = text;
  line.hidden = !text;
}
