/** The row of tools above an episode's transcript, and what they say. */
import { h } from '/widget/everyword-search.js';

const said = h('p', { class: 'notice', role: 'status', hidden: true });
export const shownTranscript = document.querySelector('everyword-transcript');
export const tools = h('div', { class: 'steer' });
shownTranscript?.before(tools, said);

/** Say something, in words or with a button; `bad` where it did not work. */
export function tell(content, bad = false) {
  said.replaceChildren(...[content].flat());
  said.hidden = !content.length;
  said.classList.toggle('trouble', bad);
}
