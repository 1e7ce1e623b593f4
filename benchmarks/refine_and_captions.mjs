// The yardstick of refine_and_captions.py: the same passes as plain node code, warm, with JSON between.
//
//   node refine_and_captions.mjs TRANSCRIPT.json RULES.json ROUNDS
//
// Rules segment by segment (literal rules by search, the others by regular expression), the words of a
// changed segment matched with those of before by their longest common subsequence so that they keep
// their times; long segments cut at limits and punctuation; then VTT, SRT and JSON, a cue for each
// segment, without breaking lines. Prints the CPU milliseconds of the quickest round as JSON.

import { readFileSync } from 'node:fs';

const MOST_WORDS = 14;
const MOST_CHARACTERS = 84;
const PUNCTUATION = /[.!?,;:]$/;
const SOFT_FROM = 0.7;

const [, , transcriptPath, rulesPath, rounds] = process.argv;
const raw = readFileSync(transcriptPath, 'utf8');
const rules = JSON.parse(readFileSync(rulesPath, 'utf8')).map(({ kind, from, to }) =>
  kind === 'regex' ? { pattern: new RegExp(from, 'g'), to: to.replaceAll('\\', '$') } : { text: from, to });

function replaced(text) {
  for (const rule of rules) {
    if (rule.text === undefined) text = text.replace(rule.pattern, rule.to);
    else if (text.includes(rule.text)) text = text.replaceAll(rule.text, rule.to);
  }
  return text;
}

function timed(before, said) {
  const width = said.length + 1;
  const longest = new Uint16Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = said.length - 1; j >= 0; j--)
      longest[i * width + j] = before[i].word === said[j]
        ? longest[(i + 1) * width + j + 1] + 1
        : Math.max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
  const words = [];
  for (let i = 0, j = 0; j < said.length;) {
    if (i < before.length && before[i].word === said[j]) { words.push(before[i]); i++; j++; }
    else if (i < before.length && longest[(i + 1) * width + j] >= longest[i * width + j + 1]) i++;
    else {
      const beside = before[Math.min(i, before.length - 1)];
      words.push({ ...beside, word: said[j] });
      j++;
    }
  }
  return words;
}

function refined(transcript) {
  for (const segment of transcript.segments) {
    const text = segment.words.map((word) => word.word).join(' ');
    const patched = replaced(text);
    if (patched === text) continue;
    segment.words = timed(segment.words, patched.split(' '));
    segment.text = patched;
  }
  transcript.segments = transcript.segments.flatMap(cut);
  return transcript;
}

function cut(segment) {
  const parts = [];
  let words = [], characters = 0;
  const flush = () => {
    if (!words.length) return;
    parts.push({
      start: words[0].start, end: words.at(-1).end, speaker: segment.speaker,
      text: words.map((word) => word.word).join(' '), words,
    });
    words = []; characters = 0;
  };
  for (const word of segment.words) {
    if (words.length + 1 > MOST_WORDS || characters + 1 + word.word.length > MOST_CHARACTERS) flush();
    characters += word.word.length + (words.length ? 1 : 0);
    words.push(word);
    const full = Math.max(words.length / MOST_WORDS, characters / MOST_CHARACTERS);
    if (full >= SOFT_FROM && PUNCTUATION.test(word.word)) flush();
  }
  flush();
  return parts;
}

function clock(seconds, point) {
  const ms = Math.round(seconds * 1000);
  const two = (number) => String(number).padStart(2, '0');
  return `${two(Math.floor(ms / 3600000))}:${two(Math.floor(ms / 60000) % 60)}:`
    + `${two(Math.floor(ms / 1000) % 60)}${point}${String(ms % 1000).padStart(3, '0')}`;
}

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function vtt({ segments }) {
  const lines = ['WEBVTT', ''];
  let before;
  for (const { start, end, text, speaker } of segments) {
    const named = speaker && speaker !== before ? `${speaker}: ` : '';
    lines.push(`${clock(start, '.')} --> ${clock(end, '.')}`, named + escaped(text), '');
    before = speaker;
  }
  return lines.join('\n');
}

function srt({ segments }) {
  return segments.map(({ start, end, text }, at) =>
    `${at + 1}\n${clock(start, ',')} --> ${clock(end, ',')}\n${text}\n`).join('\n');
}

function once() {
  const between = JSON.stringify(refined(JSON.parse(raw)));
  const transcript = JSON.parse(between);
  return vtt(transcript).length + srt(transcript).length + JSON.stringify(transcript).length;
}

let best = Infinity;
for (let round = 0; round < Number(rounds); round++) {
  const began = process.cpuUsage();
  once();
  const { user, system } = process.cpuUsage(began);
  best = Math.min(best, (user + system) / 1000);
}
console.log(JSON.stringify(best));
