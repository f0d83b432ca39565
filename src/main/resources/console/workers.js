// The workers: what they hold, how fast they are, and, where that is offered, the end of them.

import { Problem, post } from './api.js';
import { arrange, attribute, byId, h, redraw, text } from './dom.js';
import { age, count, fine, many } from './format.js';

/** A worker reports every 5 s; one that missed two reports is worth a word. */
const SILENT_AFTER_S = 12;

/** How long a worker that left the list is still shown, so that one sees it come back. */
const GONE_SHOWN_MS = 60_000;

const RATE_WINDOW_S = 20;

class WorkerCard {
  #act;
  #reports = [];
  #dot = h('span', { class: 'dot', 'aria-hidden': 'true' });
  #name = h('h3');
  #standing = h('span', { class: 'standing' });
  #place = h('p', { class: 'sub' });
  #facts = h('dl', { class: 'worker-facts' });
  #evict = h('button', { type: 'button', onclick: () => this.#act('evict', this.report.id) }, 'Evict');
  #kill = h('button', {
    type: 'button', class: 'danger', onclick: () => this.#act('kill', this.report.id),
  }, 'Kill');
  #actions = h('div', { class: 'actions' }, this.#evict, this.#kill);
  element = h('li', {}, h('div', { class: 'worker-head' }, this.#dot, this.#name, this.#standing,
    this.#actions), this.#place, this.#facts);
  report = null;
  gone = null;

  constructor(act) {
    this.#act = act;
  }

  /** Rows a second over the newest reports of the same process, or null before there are two. */
  rate() {
    const first = this.#reports[0];
    const last = this.#reports[this.#reports.length - 1];
    return first === last || this.gone ? null
      : (last.items - first.items) / ((last.at - first.at) / 1000);
  }

  #remember(report) {
    const at = Date.parse(report.seen_at);
    const last = this.#reports[this.#reports.length - 1];
    if (last && last.pid !== report.pid) {
      this.#reports = [];
    }
    if (this.#reports.length === 0 || at > last.at) {
      this.#reports.push({ at, pid: report.pid, items: report.items_done });
    }
    while (this.#reports.length > 2 && at - this.#reports[0].at > RATE_WINDOW_S * 1000) {
      this.#reports.shift();
    }
  }

  show(report, offered) {
    this.report = report;
    this.gone = null;
    this.#remember(report);
    attribute(this.element, 'data-id', report.id);
    text(this.#name, report.id);
    const silent = (Date.now() - Date.parse(report.seen_at)) / 1000;
    const [kind, words] = standing(report, silent);
    this.#stand(kind, words);
    text(this.#place, `${report.host}, process ${report.pid}, up ${age((Date.now() - Date.parse(report.started_at)) / 1000)}`
      + (report.zone ? `, ${report.zone}` : '') + (report.spot ? ', spot' : ''));
    const rate = this.rate();
    const facts = [
      ['Holds', many(report.in_flight, 'job')],
      ['Items/s', rate === null ? '–' : fine(rate)],
      ['Micro-batch', report.batch_items > 0 ? fine(report.batch_items) : '–'],
      ['Items done', count(report.items_done)],
      ['Models', Object.keys(report.models).join(', ') || 'none yet'],
    ];
    redraw(this.#facts, facts, () => facts.map(([name, value]) =>
      h('div', {}, h('dt', {}, name), h('dd', {}, value))));
    this.#actions.hidden = !offered;
    attribute(this.#evict, 'aria-label', `Evict ${report.id}`);
    attribute(this.#kill, 'aria-label', `Kill ${report.id}`);
    attribute(this.#evict, 'aria-disabled', report.can_stop ? null : 'true');
    attribute(this.#kill, 'aria-disabled', report.can_stop ? null : 'true');
  }

  /** It left the list; its card stays for a while and says so. */
  showGone(now) {
    this.gone ??= now;
    this.#reports = [];
    this.#stand('gone', `left ${age((now - this.gone) / 1000)} ago`);
    attribute(this.#evict, 'aria-disabled', 'true');
    attribute(this.#kill, 'aria-disabled', 'true');
  }

  #stand(kind, words) {
    attribute(this.element, 'data-standing', kind);
    text(this.#standing, words);
  }
}

function standing(report, silent) {
  if (report.can_stop === false) {
    return ['gone', 'gone or leaving; another is started'];
  }
  if (!report.ready) {
    return ['not-ready', report.reason ?? 'not ready'];
  }
  return silent > SILENT_AFTER_S ? ['silent', `silent for ${age(silent)}`] : ['ready', 'ready'];
}

export class Workers {
  #store;
  #announce;
  #cards = new Map();

  constructor(store, announce) {
    this.#store = store;
    this.#announce = announce;
    store.on('workers', () => this.draw());
  }

  /** Rows a second of all of them. */
  rate() {
    return [...this.#cards.values()].reduce((sum, card) => sum + (card.rate() ?? 0), 0);
  }

  draw() {
    const now = Date.now();
    const reports = this.#store.workers ?? [];
    const offered = reports.some((report) => report.can_stop !== undefined);
    const listed = new Set(reports.map((report) => report.id));
    for (const report of reports) {
      if (!this.#cards.has(report.id)) {
        this.#cards.set(report.id, new WorkerCard((verb, id) => this.#act(verb, id)));
      }
      this.#cards.get(report.id).show(report, offered);
    }
    for (const [id, card] of this.#cards) {
      if (!listed.has(id)) {
        card.showGone(now);
        if (now - card.gone > GONE_SHOWN_MS) {
          this.#cards.delete(id);
        }
      }
    }
    const cards = [...this.#cards.keys()].sort((a, b) =>
      a.localeCompare(b, undefined, { numeric: true }));
    arrange(byId('workers-list'), cards.map((id) => this.#cards.get(id).element));
    byId('workers-empty').hidden = this.#cards.size > 0 || this.#store.workers === null;
    byId('workers-hint').hidden = !offered;
  }

  async #act(verb, id) {
    const card = this.#cards.get(id);
    if (card.gone || !card.report.can_stop) {
      return;
    }
    let message;
    try {
      await post(`/v1/workers/${encodeURIComponent(id)}/${verb}`);
      message = verb === 'evict'
        ? `${id} has SIGTERM and hands its jobs over; SIGKILL follows after 15 s.`
        : `${id} is killed; its jobs go on elsewhere when their leases run out.`;
      this.#store.set('workers', this.#store.workers.map((w) =>
        (w.id === id ? { ...w, can_stop: false } : w)));
    } catch (e) {
      message = e instanceof Problem ? e.message : `The server cannot be reached: ${e.message}`;
    }
    this.#announce(message);
    text(byId('workers-message'), message);
  }
}
