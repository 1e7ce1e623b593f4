/** How an episode looks: what it is, how far it is, what went wrong. */
import { clock, h, plain } from '/widget/everyword-search.js';

export const STAGES = {
  uploading: 'Uploading',
  awaiting_upload: 'Waiting for its upload',
  queued: 'Queued',
  transcribing: 'Transcribing',
  refining: 'Refining',
  publishing: 'Making captions and index',
  failed: 'Failed',
};

export const isWorking = ({ state }) => ['queued', 'transcribing', 'refining', 'publishing', 'uploading'].includes(state);

const dates = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

/** Say how far the work is: "Transcribing 43 %, about 2 min left". */
export function said({ state, progress }) {
  const fraction = progress?.fraction;
  const share = fraction == null ? '' : ` ${Math.round(fraction * 100)} %`;
  const eta = progress?.eta_s;
  const left = eta == null ? '' : eta < 90 ? `, about ${Math.max(1, Math.round(eta))} s left` : `, about ${Math.round(eta / 60)} min left`;
  return `${STAGES[state] ?? state}${share}${left}`;
}

export function work(episode) {
  const { progress } = episode;
  const bar = h('progress', { 'aria-label': STAGES[episode.state], max: 1, value: progress?.fraction ?? null });
  return h('div', { class: 'work' }, bar, h('span', {}, said(episode)));
}

export function failure({ error }, ...tools) {
  return h('div', { class: 'failure' },
    h('p', {}, plain(error?.message) || 'It failed.'),
    error?.hint && h('p', {}, plain(error.hint)),
    ...tools);
}

const MOST_NAMES = 5;

/** Return who speaks, at a length that a line of facts has room for. */
function named(speakers) {
  const names = speakers.slice(0, MOST_NAMES).map(plain).map((name) => (name.length > 40 ? `${name.slice(0, 39)}…` : name));
  const more = speakers.length - names.length;
  return [...names, more > 0 && `${more} more`].filter(Boolean).join(', ');
}

export function facts({ show, published_at: published, duration_s: duration, speakers, engine }) {
  const parts = [show, published && dates.format(new Date(published)), duration && clock(duration),
    named(speakers ?? []), engine?.name].filter(Boolean);
  return parts.flatMap((part, index) => [index ? ' · ' : '', h('bdi', {}, plain(part))]);
}
