// The table of jobs.

import { get } from './api.js';
import { arrange, attribute, byId, h, redraw, text } from './dom.js';
import { age, between, count, many, moment, shortId } from './format.js';

export const STATES = ['queued', 'processing', 'interrupted', 'complete', 'failed', 'cancelled'];

/** A bar with its words; for one job it lives as long as the job is shown. */
export class ProgressBar {
  #bar = h('progress', { max: 1, value: 0 });
  #words = h('span', { class: 'progress-words' });
  #failed = h('span', { class: 'progress-failed' });
  element = h('div', { class: 'progress' }, this.#bar,
    h('div', { class: 'progress-text' }, this.#words, this.#failed));

  show(job) {
    const { done, failed, total } = job.progress;
    attribute(this.#bar, 'aria-label', `Progress of ${job.id}`);
    attribute(this.#bar, 'data-state', job.state);
    if (total === undefined && job.state !== 'complete') {
      attribute(this.#bar, 'value', job.state === 'processing' ? null : 0);
    } else {
      attribute(this.#bar, 'max', Math.max(1, total ?? done));
      attribute(this.#bar, 'value', done);
    }
    const words = total === undefined ? `${count(done)} done` : `${count(done)} of ${count(total)}`;
    attribute(this.#bar, 'aria-valuetext', words);
    text(this.#words, words);
    text(this.#failed, failed === 0 ? '' : many(failed, 'error row'));
  }
}

export function badge(state) {
  return h('span', { class: 'badge', 'data-state': state }, state);
}

class Row {
  #bar = new ProgressBar();
  #link = h('a');
  #sub = h('div', { class: 'sub' });
  #state = h('td');
  #age = h('td', { class: 'number age' });
  #attempts = h('td', { class: 'number attempts' });
  element = h('tr', {}, h('td', { class: 'job-cell' }, this.#link, this.#sub), this.#state,
    h('td', { class: 'progress-cell' }, this.#bar.element), this.#age, this.#attempts);

  show(job, selected) {
    attribute(this.#link, 'href', `#/jobs/${job.id}`);
    attribute(this.#link, 'title', job.id);
    attribute(this.#link, 'aria-current', selected ? 'true' : null);
    attribute(this.element, 'data-id', job.id);
    text(this.#link, shortId(job.id));
    redraw(this.#sub, [job.model, job.labels], () => [
      h('span', { class: 'model' }, job.model),
      ...Object.entries(job.labels).map(([k, v]) => h('span', { class: 'label' }, `${k}: ${v}`)),
    ]);
    redraw(this.#state, job.state, () => badge(job.state));
    this.#bar.show(job);
    const went = job.ended_at ? between(job.created_at, job.ended_at) : null;
    this.#age.dataset.since = job.created_at;
    attribute(this.#age, 'title', moment(job.created_at)
      + (went === null ? '' : `, ended after ${age(went)}`));
    redraw(this.#attempts, [job.attempts.length, job.interruptions], () => [
      String(job.attempts.length),
      job.interruptions > 0
        ? h('div', { class: 'sub interrupted' }, many(job.interruptions, 'interruption'))
        : null,
    ]);
  }

  tick(now) {
    text(this.#age, age((now - Date.parse(this.#age.dataset.since)) / 1000));
  }
}

export class JobTable {
  #store;
  #selected;
  #rows = new Map();
  #filter = null;
  #body = byId('jobs-body');
  #buttons = new Map();

  /** @param selected the id of the job whose details are open, or null */
  constructor(store, selected) {
    this.#store = store;
    this.#selected = selected;
    this.#makeFilters();
    byId('older').addEventListener('click', () => this.#older());
    store.on('jobs', () => this.draw());
    store.on('listed', () => this.draw());
    store.on('stats', () => this.#counts());
    setInterval(() => this.#tick(), 1_000);
  }

  #makeFilters() {
    const bar = byId('filters');
    for (const state of [null, ...STATES]) {
      const number = h('span', { class: 'filter-count' });
      const button = h('button', {
        type: 'button',
        'aria-pressed': state === null ? 'true' : 'false',
        onclick: () => this.#choose(state),
      }, state ?? 'all', number);
      this.#buttons.set(state, { button, number });
      bar.append(button);
    }
  }

  #choose(state) {
    this.#filter = state;
    this.#buttons.forEach(({ button }, of) => attribute(button, 'aria-pressed', String(of === state)));
    this.draw();
    if (state !== null) {
      // The newest of that state may be older than everything that is known.
      get(`/v1/jobs?limit=50&state=${state}`)
        .then((answer) => answer.jobs.forEach((job) => this.#store.putJob(job)))
        .catch(() => {});
    }
  }

  #counts() {
    const jobs = this.#store.stats.jobs;
    this.#buttons.forEach(({ number }, state) => {
      const n = state === null ? Object.values(jobs).reduce((a, b) => a + b, 0) : jobs[state];
      text(number, ` ${count(n)}`);
    });
  }

  draw() {
    const all = this.#store.newestFirst();
    const shown = all.filter((job) => this.#filter === null || job.state === this.#filter);
    const gone = new Set(this.#rows.keys());
    for (const job of shown) {
      gone.delete(job.id);
      if (!this.#rows.has(job.id)) {
        this.#rows.set(job.id, new Row());
      }
      this.#rows.get(job.id).show(job, job.id === this.#selected());
    }
    gone.forEach((id) => this.#rows.delete(id));
    arrange(this.#body, shown.map((job) => this.#rows.get(job.id).element));
    this.#tick();
    byId('jobs-table').hidden = shown.length === 0;
    byId('jobs-empty').hidden = !this.#store.listed || all.length > 0;
    byId('jobs-none').hidden = all.length === 0 || shown.length > 0;
    text(byId('jobs-none'), `No job is ${this.#filter ?? 'here'}.`);
    byId('older').hidden = !this.#store.older;
  }

  #tick() {
    const now = Date.now();
    this.#rows.forEach((row) => row.tick(now));
  }

  async #older() {
    const cursor = encodeURIComponent(this.#store.older);
    const answer = await get(`/v1/jobs?limit=50&cursor=${cursor}`).catch(() => null);
    if (answer) {
      this.#store.older = answer.next_cursor ?? null;
      answer.jobs.forEach((job) => this.#store.putJob(job));
      this.draw();
    }
  }

  /** Puts the focus on a job's link, as after its details are closed. */
  focus(id) {
    this.#rows.get(id)?.element.querySelector('a').focus();
  }
}
