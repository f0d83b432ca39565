// The API as the page calls it.

const ANSWER_WAIT_MAX_MS = 15_000;

/** What the API says when it refuses: an RFC 9457 problem. */
export class Problem extends Error {
  constructor(status, problem) {
    super(problem.detail ?? `the server answered ${status}`);
    this.status = status;
    this.code = problem.code ?? '';
    this.errors = problem.errors ?? [];
  }
}

async function request(path, options = {}) {
  const response = await fetch(path, {
    cache: 'no-store',
    signal: AbortSignal.timeout(ANSWER_WAIT_MAX_MS),
    ...options,
  });
  if (!response.ok) {
    throw new Problem(response.status, await response.json().catch(() => ({})));
  }
  return response;
}

export const get = async (path) =>
  (await request(path, { headers: { Accept: 'application/json' } })).json();

export const post = async (path) => (await request(path, { method: 'POST' })).json();

/** Stores lines that are too many to travel with the job. */
export async function upload(lines) {
  const response = await request('/v1/inputs', {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-ndjson' },
    body: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
  });
  return (await response.json()).input_id;
}

/** @param key makes a repeated submit the same job */
export async function submit(job, key) {
  const response = await request('/v1/jobs', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
    body: JSON.stringify(job),
  });
  return response.json();
}

/** The first rows of a result, however long it is: what follows is not fetched. */
export async function firstRows(id, rows) {
  const response = await request(`/v1/jobs/${id}/result?partial=true`, {
    headers: { Accept: 'application/x-ndjson' },
  });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  let lines = [];
  while (lines.length <= rows) {
    const { value, done } = await reader.read();
    if (done) {
      break;
    }
    text += value;
    lines = text.split('\n');
  }
  await reader.cancel().catch(() => {});
  return text.split('\n').filter((line, i, all) => line !== '' && (i < all.length - 1))
    .slice(0, rows).map((line) => JSON.parse(line));
}

/** A name for one try to submit, which no other has. */
export function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `console-${Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')}`;
}
