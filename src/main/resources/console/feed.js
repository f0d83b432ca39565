// Keeps the store true: by the API's stream of events, and by asking where there is no stream.

import { get } from './api.js';

const ASK_JOBS_MS = 1_500;
const ASK_JOBS_BESIDE_STREAM_MS = 15_000;
const ASK_FLEET_MS = 2_000;
const ASK_HISTORY_MS = 5_000;
const STREAM_AGAIN_FIRST_MS = 250;
const STREAM_AGAIN_MAX_MS = 30_000;
const PAGE = 50;
// Jobs below the first page that are asked for again, at most, each time that the page is.
const OLDER_MAX = 10;
const OLDER_BESIDE_STREAM_MAX = 50;

export class Feed {
  #store;
  #watched = () => null;
  #source = null;
  #streaming = false;
  #streamAgainMs = STREAM_AGAIN_FIRST_MS;
  #timers = new Map();
  #running = false;

  /** @param watched the id of the job that is looked at, which may be too old for the list */
  constructor(store, watched) {
    this.#store = store;
    this.#watched = watched;
  }

  /** Runs as long as somebody can see the page. */
  start() {
    document.addEventListener('visibilitychange', () => this.#follow());
    addEventListener('online', () => this.refresh());
    addEventListener('pagehide', () => this.#stop());
    addEventListener('pageshow', () => this.#follow());
    this.#follow();
  }

  #follow() {
    if (document.hidden) {
      this.#stop();
    } else if (!this.#running) {
      this.#running = true;
      this.#open();
      this.refresh();
    }
  }

  #stop() {
    this.#running = false;
    this.#timers.forEach((timer) => clearTimeout(timer));
    this.#timers.clear();
    this.#close();
  }

  /** Asks for everything now. */
  refresh() {
    if (this.#running) {
      this.#jobs();
      this.#fleet();
      this.#history();
      if (this.#store.models.length === 0) {
        this.#ask('/v1/models', (answer) => this.#store.set('models', answer.models));
      }
    }
  }

  #later(name, delay, task) {
    clearTimeout(this.#timers.get(name));
    if (this.#running) {
      this.#timers.set(name, setTimeout(task, delay));
    }
  }

  async #ask(path, take, refused = () => {}) {
    try {
      take(await get(path));
      this.#reached(true);
    } catch (e) {
      refused(e);
      this.#reached(e.status !== undefined && e.status < 500, e.message);
    }
  }

  #reached(yes, why = '') {
    if (this.#streaming) {
      this.#store.setConnection('live');
    } else if (yes) {
      this.#store.setConnection('polling');
    } else {
      this.#store.setConnection('offline', why);
    }
  }

  async #jobs() {
    let listed = null;
    await this.#ask(`/v1/jobs?limit=${PAGE}`, (answer) => {
      listed = new Set(answer.jobs.map((job) => job.id));
      answer.jobs.forEach((job) => this.#store.putJob(job));
      if (!this.#store.listed) {
        this.#store.older = answer.next_cursor ?? null;
        this.#store.set('listed', true);
      }
    });
    const watched = this.#watched();
    if (watched && !this.#store.jobs.get(watched)?.ended_at) {
      await this.#ask(`/v1/jobs/${encodeURIComponent(watched)}`, (job) => this.#store.putJob(job));
    }
    if (listed) {
      await this.#older(listed);
    }
    this.#later('jobs', this.#streaming ? ASK_JOBS_BESIDE_STREAM_MS : ASK_JOBS_MS,
      () => this.#jobs());
  }

  /** What happened below the first page while there was no stream was told by nobody. */
  async #older(listed) {
    const open = [...this.#store.jobs.values()]
      .filter((job) => !job.ended_at && !listed.has(job.id) && job.id !== this.#watched())
      .map((job) => ({ id: job.id, order: Math.random() }))
      .sort((a, b) => a.order - b.order);
    const most = this.#streaming ? OLDER_BESIDE_STREAM_MAX : OLDER_MAX;
    for (const { id } of open.slice(0, most)) {
      if (this.#running) {
        await this.#ask(`/v1/jobs/${encodeURIComponent(id)}`, (job) => this.#store.putJob(job),
          (e) => e.status === 404 && this.#store.dropJob(id));
      }
    }
  }

  async #fleet() {
    await Promise.all([
      this.#ask('/v1/workers', (answer) => this.#store.set('workers', answer.workers)),
      this.#ask('/v1/stats', (answer) => this.#store.set('stats', answer)),
    ]);
    this.#later('fleet', ASK_FLEET_MS, () => this.#fleet());
  }

  async #history() {
    await this.#ask('/v1/stats/history', (answer) => this.#store.set('history', answer));
    this.#later('history', ASK_HISTORY_MS, () => this.#history());
  }

  #open() {
    this.#source = new EventSource('/v1/events');
    this.#source.onopen = () => {
      this.#streaming = true;
      this.#streamAgainMs = STREAM_AGAIN_FIRST_MS;
      this.#store.setConnection('live');
      // What happened before the stream opened is in the list.
      this.#jobs();
    };
    this.#source.onerror = () => this.#again();
    const hear = (message) => this.#heard(message);
    this.#source.onmessage = hear;
    for (const type of ['state', 'progress', 'attempt', 'going-away']) {
      this.#source.addEventListener(type, hear);
    }
  }

  #heard(message) {
    const event = JSON.parse(message.data);
    if (event.type === 'going-away') {
      this.#again();
    } else if (event.job) {
      this.#store.putJob(event.job);
    }
  }

  /** Asks while there is no stream, and tries for one at growing intervals. */
  #again() {
    this.#close();
    // all pages lose their streams at once, and are not to come back at once
    const delay = this.#streamAgainMs * Math.random();
    this.#streamAgainMs = Math.min(this.#streamAgainMs * 2, STREAM_AGAIN_MAX_MS);
    this.#later('stream', delay, () => this.#open());
    this.#later('jobs', 0, () => this.#jobs());
  }

  #close() {
    this.#streaming = false;
    this.#source?.close();
    this.#source = null;
  }
}
