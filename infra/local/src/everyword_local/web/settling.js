/** Waiting until a transcript has a correction. */
import { call } from './api.js';

const POLL_MS = 400;
const PATIENCE_MS = 30000;

/** Read an episode's transcript until it is of `run` or a newer one, or patience ends. */
export async function settled(id, run) {
  const ends = Date.now() + PATIENCE_MS;
  let transcript;
  do {
    await new Promise((resolve) => { setTimeout(resolve, POLL_MS); });
    transcript = await call(`episodes/${encodeURIComponent(id)}/transcript`);
  } while (transcript.run_id < run && Date.now() < ends);
  return transcript;
}
