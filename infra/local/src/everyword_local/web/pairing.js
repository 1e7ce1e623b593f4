/** What a person chose or dropped: recordings and transcripts, paired by name as the command does. */

const CAPTIONS = ['json', 'vtt', 'srt', 'ass', 'ssa', 'ttml', 'dfxp', 'sbv', 'tsv', 'lrc',
  'csv', 'sub', 'smi', 'srv1', 'srv2', 'srv3', 'ctm', 'stm', 'textgrid', 'eaf', 'otr', 'jsonl', 'docx', 'html', 'md', 'txt'];

const ending = (name) => /\.([^.]+)$/.exec(name)?.[1].toLowerCase() ?? '';
const isTranscript = ({ name }) => CAPTIONS.includes(ending(name));

/** Return what a recording and its transcript share: `ep 1` of `Ep 1.en.vtt`. */
export function stem(name) {
  const bare = name.toLowerCase().replace(/\.[^.]+$/, '');
  return CAPTIONS.includes(ending(name)) ? bare.replace(/\.[a-z]{2,3}(-[a-z0-9]{2,8})*$/, '') : bare;
}

/** Tell whether files are one recording and one transcript, whose names do not agree. */
export function areTwo(files) {
  const [one, other] = files;
  return files.length === 2 && isTranscript(one) !== isTranscript(other) && stem(one.name) !== stem(other.name);
}

/**
 * Return one item an episode, `{file, transcript}` with either of them, and what was left out.
 * One transcript goes with one recording of another name if a person says so: `together`.
 */
export function paired(files, together = false) {
  const transcripts = files.filter(isTranscript)
    .sort((a, b) => CAPTIONS.indexOf(ending(a.name)) - CAPTIONS.indexOf(ending(b.name)));
  const recordings = files.filter((file) => !isTranscript(file));
  if (together && areTwo(files)) {
    return { items: [{ file: recordings[0], transcript: transcripts[0] }], leftOut: [] };
  }
  const byStem = new Map();
  const leftOut = [];
  for (const file of transcripts) {
    const used = byStem.get(stem(file.name));
    if (used) leftOut.push(`${file.name} was left out: ${used.name} is used.`);
    else byStem.set(stem(file.name), file);
  }
  const items = recordings.map((file) => {
    const key = stem(file.name);
    const transcript = byStem.get(key);
    byStem.delete(key);
    return { file, transcript };
  });
  return { items: [...items, ...[...byStem.values()].map((transcript) => ({ transcript }))], leftOut };
}
