/** What stands beside the hits and is not counted: titles with the words, and where they were perhaps said. */
import { h, plain } from './everyword-search.js';

export function beside({ perhaps, titles }, { say, date }, href, episode) {
  const section = (name, ...children) => h('section', { part: name }, h('h2', {}, say(name)), children);
  const title = (found) => h('li', {},
    h('a', { dir: 'auto', href: href(found) }, plain(found.title)), ' ',
    h('small', {}, h('bdi', {}, [plain(found.show), found.published_at && date(found.published_at)].filter(Boolean).join(' · '))));
  return [
    titles?.length && section('titles', h('ul', {}, titles.map(title))),
    perhaps?.length && section('perhaps', perhaps.map(episode)),
  ].filter(Boolean);
}
