// One job, looked at closely.

import { Problem, firstRows, get, post } from './api.js';
import { attribute, byId, h, redraw, text } from './dom.js';
import { age, between, brief, bytes, count, duration, moment } from './format.js';
import { ProgressBar, badge } from './jobs.js';
import { attempts } from './timeline.js';

const ROWS = 5;

export class JobDetail {
  #store;
  #announce;
  #id = null;
  #bar = new ProgressBar();
  #rowsOf = null;
  #last = null;

  /** @param announce says a sentence to those who do not see */
  constructor(store, announce) {
    this.#store = store;
    this.#announce = announce;
    byId('job-progress').append(this.#bar.element);
    byId('job-cancel').addEventListener('click', () => this.#act('cancel'));
    byId('job-retry').addEventListener('click', () => this.#act('retry'));
    store.on('jobs', () => this.draw());
    setInterval(() => this.#tick(), 1_000);
  }

  get id() {
    return this.#id;
  }

  /** @param id null closes the details */
  async open(id) {
    this.#id = id;
    this.#rowsOf = null;
    this.#last = null;
    byId('job').hidden = id === null;
    text(byId('job-message'), '');
    byId('job-rows').replaceChildren();
    if (id === null) {
      return;
    }
    text(byId('job-heading'), id);
    byId('job-body').hidden = !this.#store.jobs.has(id);
    byId('job-heading').focus();
    this.draw();
    try {
      this.#store.putJob(await get(`/v1/jobs/${encodeURIComponent(id)}`));
    } catch (e) {
      this.#say(e);
    }
  }

  #say(e) {
    text(byId('job-message'), e instanceof Problem ? e.message : `The server cannot be reached: ${e.message}`);
  }

  async #act(verb) {
    try {
      this.#store.putJob(await post(`/v1/jobs/${this.#id}/${verb}`));
      text(byId('job-message'), '');
    } catch (e) {
      this.#say(e);
    }
  }

  draw() {
    const job = this.#id === null ? null : this.#store.jobs.get(this.#id);
    if (!job || job === this.#last) {
      return;
    }
    byId('job-body').hidden = false;
    this.#tell(job);
    this.#last = job;
    redraw(byId('job-state'), job.state, () => badge(job.state));
    this.#bar.show(job);
    byId('job-cancel').hidden = Boolean(job.ended_at);
    byId('job-retry').hidden = !['failed', 'cancelled'].includes(job.state);
    redraw(byId('job-error'), job.error, () => job.error
      ? [h('strong', {}, job.error.code), ` ${job.error.message}`] : []);
    byId('job-error').hidden = !job.error;
    redraw(byId('job-attempts'), [job.attempts, job.state, job.progress], () => attempts(job));
    byId('job-waiting').hidden = job.attempts.length > 0;
    this.#facts(job);
    this.#tick();
    this.#rows(job);
  }

  /** What changed, for those who listen; progress is left to the bar. */
  #tell(job) {
    const before = this.#last;
    if (!before || before.id !== job.id) {
      return;
    }
    const latest = job.attempts[job.attempts.length - 1];
    if (job.attempts.length > before.attempts.length && job.attempts.length > 1) {
      this.#announce(`${latest.worker} resumed at item ${count(latest.resumed_at_item)}`);
    } else if (job.state !== before.state) {
      this.#announce(`The job is ${job.state}`);
    }
  }

  #facts(job) {
    const facts = [
      ['Model', job.model],
      ['Submitted', moment(job.created_at)],
      ['Interruptions', count(job.interruptions)],
      ['Failures', `${count(job.failures)} of ${count(job.failures_max)} allowed`],
      ['Computed again', `${count(job.recomputed_items)} items`],
      ['Safe up to', `item ${count(job.checkpoint.next_item)}, in ${count(job.checkpoint.parts)} parts`],
      ['Held by', job.lease ? job.lease.worker : null],
      ['In the queue', job.queue ? queue(job.queue) : null],
      ['Deadline', job.deadline ? moment(job.deadline) + outlook(job) : null],
      ['Result', job.result ? `${count(job.result.items)} rows, ${bytes(job.result.bytes)}` : null],
      ['Webhook', job.webhook ? `${job.webhook.state}, ${job.webhook.attempts} calls` : null],
      ['Cost', job.cost ? cost(job.cost) : null],
      ['Labels', Object.entries(job.labels).map(([k, v]) => `${k}: ${v}`).join(', ') || null],
    ].filter(([, value]) => value !== null);
    redraw(byId('job-facts'), facts, () => facts.map(([name, value]) =>
      h('div', {}, h('dt', {}, name), h('dd', {}, value))));
  }

  #tick() {
    const job = this.#last;
    if (job && this.#id === job.id) {
      text(byId('job-age'), job.ended_at
        ? `took ${duration(between(job.created_at, job.ended_at))}`
        : `for ${age((Date.now() - Date.parse(job.created_at)) / 1000)}`);
    }
  }

  /** The first rows never change once they are there, so they are fetched until there are enough. */
  async #rows(job) {
    const safe = Math.min(ROWS, job.checkpoint.next_item);
    const download = byId('job-download');
    download.hidden = job.state !== 'complete';
    attribute(download, 'href', `/v1/jobs/${job.id}/result`);
    attribute(download, 'download', `${job.id}.jsonl`);
    byId('job-result').hidden = safe === 0;
    const wanted = `${job.id} ${safe}`;
    if (safe === 0 || this.#rowsOf === wanted) {
      return;
    }
    this.#rowsOf = wanted;
    try {
      const rows = await firstRows(job.id, ROWS);
      if (this.#id === job.id) {
        byId('job-rows').replaceChildren(...rows.map((row) =>
          h('li', { class: row.error ? 'error-text' : null }, brief(row))));
      }
    } catch (e) {
      this.#rowsOf = null;
    }
  }
}

function queue(waiting) {
  const position = waiting.position === undefined ? '' : `position ${count(waiting.position)}`;
  return waiting.estimate_s === undefined
    ? position || null : `${position}, about ${duration(waiting.estimate_s)}`;
}

function outlook(job) {
  return job.forecast ? ` (${job.forecast.replaceAll('_', ' ')})` : '';
}

function cost(value) {
  return typeof value !== 'object' ? String(value)
    : Object.entries(value).map(([k, v]) => `${k.replaceAll('_', ' ')} ${typeof v === 'object' ? brief(v) : v}`).join(', ');
}
