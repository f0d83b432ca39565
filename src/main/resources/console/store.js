// What the page knows, and who wants to hear when that changes.

const JOBS_MAX = 500;

export class Store {
  jobs = new Map();
  workers = null;
  models = [];
  stats = null;
  history = null;
  /** Whether the first page of jobs is there, and the cursor to what is older. */
  listed = false;
  older = null;
  connection = { kind: 'connecting', since: Date.now() };
  /** The id of the job that is looked at, which is kept however old it is. */
  kept = () => null;
  #listeners = new Map();
  #changed = new Set();

  /** @param topic jobs, workers, models, stats, history, listed or connection */
  on(topic, listener) {
    this.#listeners.set(topic, [...(this.#listeners.get(topic) ?? []), listener]);
  }

  /**
   * Takes a job in unless a newer record of it is known: a job never goes back. Its place in the queue
   * changes without the record.
   */
  putJob(job) {
    const known = this.jobs.get(job.id);
    if (known && (known.version > job.version || (known.version === job.version && !job.queue))) {
      return;
    }
    this.jobs.set(job.id, job);
    if (this.jobs.size > JOBS_MAX + (this.jobs.has(this.kept()) ? 1 : 0)) {
      this.#forgetOldest();
    }
    this.#tell('jobs');
  }

  #forgetOldest() {
    const oldest = this.newestFirst().slice(JOBS_MAX).filter((job) => job.id !== this.kept());
    oldest.forEach((job) => this.jobs.delete(job.id));
  }

  /** There is no such job any more. */
  dropJob(id) {
    this.jobs.delete(id);
    this.#tell('jobs');
  }

  newestFirst() {
    return [...this.jobs.values()].sort(
      (a, b) => b.created_at.localeCompare(a.created_at) || b.id.localeCompare(a.id));
  }

  set(topic, value) {
    this[topic] = value;
    this.#tell(topic);
  }

  setConnection(kind, detail = '') {
    if (this.connection.kind !== kind || this.connection.detail !== detail) {
      const since = this.connection.kind === kind ? this.connection.since : Date.now();
      this.set('connection', { kind, detail, since });
    }
  }

  /** However much changes at once, everyone draws once. */
  #tell(topic) {
    if (this.#changed.size === 0) {
      setTimeout(() => {
        const topics = [...this.#changed];
        this.#changed.clear();
        topics.flatMap((t) => this.#listeners.get(t) ?? []).forEach((listener) => listener());
      }, 0);
    }
    this.#changed.add(topic);
  }
}
