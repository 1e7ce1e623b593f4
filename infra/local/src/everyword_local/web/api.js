/** Everyword's HTTP API as the pages use it. Every failure is an Error whose message is for people. */

export class Refused extends Error {
  constructor(status, problem) {
    super([problem?.detail, problem?.hint].filter(Boolean).join(' - ') || 'The archive did not answer.');
    this.status = status;
    this.code = problem?.code ?? '';
  }
}

/** Send a request under /v1 and return the JSON answer. */
export async function call(path, { method = 'GET', body, form, signal } = {}) {
  let answer;
  try {
    answer = await fetch(`/v1/${path}`, {
      method,
      signal,
      headers: body ? { 'Content-Type': 'application/json' } : {},
      body: form ?? (body && JSON.stringify(body)),
    });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Refused(0, { detail: 'The archive cannot be reached', hint: 'is `everyword up` running?' });
  }
  const json = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(answer.status, json);
  return json;
}

/** PUT a file to a signed address; `told` hears the share that is sent. fetch cannot tell it. */
export function put({ url, headers }, file, told) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', new URL(url, location.href));
    for (const [name, value] of Object.entries(headers ?? {})) {
      // The browser sets these itself and refuses to let a page do it.
      if (!/^(content-length|host)$/i.test(name)) request.setRequestHeader(name, value);
    }
    request.upload.onprogress = ({ loaded, total }) => told(total ? loaded / total : 0);
    request.onload = () => {
      if (request.status < 300) return resolve();
      let problem = null;
      try {
        problem = JSON.parse(request.responseText);
      } catch {
        // Not one of ours; the status says enough.
      }
      return reject(new Refused(request.status, problem));
    };
    request.onerror = () => reject(new Refused(0, { detail: 'The upload broke off', hint: 'try it again' }));
    request.send(file);
  });
}
