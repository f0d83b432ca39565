// The last hour, drawn from the API's samples.

import { attribute, byId, h, redraw, svg, text } from './dom.js';
import { clock, count, duration, fine } from './format.js';

const MINUTE_MS = 60_000;

/** How much time a chart shows: an hour, or less while there is less. */
const SPANS_MIN = [10, 30, 60];
const WIDTH = 720;
const HEIGHT = 96;

/** A jump over more than this is time in which nobody sampled, and is left open. */
const GAP_MS = 45_000;

const CHARTS = [
  {
    id: 'backlog', title: 'Backlog', unit: 'jobs waiting', kind: 'area',
    value: (s) => s.jobs.queued + s.jobs.interrupted, write: count,
    detail: (s) => `${count(s.jobs.processing)} worked on`
      + (s.oldest_age_s === undefined ? '' : `, oldest waits ${duration(s.oldest_age_s)}`),
  },
  {
    id: 'throughput', title: 'Throughput', unit: 'items/s', kind: 'area',
    value: (s) => (s.seconds > 0 ? s.items / s.seconds : 0), write: fine,
    detail: (s) => `${count(s.ended.complete)} jobs complete, ${count(s.workers_ready)} workers ready`,
  },
  {
    id: 'interruptions', title: 'Interruptions', unit: 'attempts evicted or lost', kind: 'bars',
    value: (s) => s.interruptions, write: count, total: true,
    detail: (s) => `in ${duration(s.seconds)}`,
  },
  {
    id: 'hand-overs', title: 'Hand-over', unit: 's until another worker went on', kind: 'dots',
    value: (s) => s.hand_overs.longest_s ?? null, write: duration, worst: true,
    detail: (s) => (s.hand_overs.count === 0 ? 'none'
      : `${count(s.hand_overs.count)}, median ${duration(s.hand_overs.median_s)}`),
  },
];

class Chart {
  #spec;
  #now = h('span', { class: 'chart-now' });
  #top = h('span', { class: 'chart-top' });
  #picture = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img' });
  #cursor = svg('line', { class: 'cursor', y1: 0, y2: HEIGHT, visibility: 'hidden' });
  #drawing = svg('g');
  #points = [];
  #samples = [];
  #summary = '';
  #from = h('span');
  #middle = h('span');

  constructor(spec) {
    this.#spec = spec;
    this.#picture.append(this.#drawing, this.#cursor);
    this.element = h('figure', { class: 'chart', 'data-chart': spec.id },
      h('figcaption', {}, h('span', { class: 'chart-title' }, spec.title), this.#now),
      h('div', { class: 'chart-box' }, this.#top, this.#picture),
      h('div', { class: 'chart-axis', 'aria-hidden': 'true' }, this.#from, this.#middle,
        h('span', {}, 'now')));
    this.#picture.addEventListener('pointermove', (event) => this.#point(event));
    this.#picture.addEventListener('pointerleave', () => this.#leave());
  }

  draw(samples) {
    const { value, write, unit, title, total, worst } = this.#spec;
    const end = samples.length === 0 ? Date.now() : Date.parse(samples[samples.length - 1].at);
    const first = samples.length === 0 ? end : Date.parse(samples[0].at);
    const minutes = SPANS_MIN.find((span) => end - first <= span * MINUTE_MS) ?? 60;
    const span = minutes * MINUTE_MS;
    text(this.#from, `${minutes} min ago`);
    text(this.#middle, String(minutes / 2));
    this.#samples = samples.filter((s) => end - Date.parse(s.at) <= span);
    const values = this.#samples.map(value);
    const most = Math.max(0, ...values.filter((v) => v !== null));
    const scale = most > 0 ? most : 1;
    this.#points = this.#samples.map((s, i) => ({
      at: Date.parse(s.at),
      x: WIDTH * (1 - (end - Date.parse(s.at)) / span),
      y: values[i] === null ? null : HEIGHT - 2 - (HEIGHT - 8) * (values[i] / scale),
      width: (WIDTH * s.seconds * 1000) / span,
      value: values[i],
    }));
    text(this.#top, most > 0 ? write(most) : '');
    const sum = values.reduce((a, b) => a + (b ?? 0), 0);
    const last = values.length === 0 ? null : values[values.length - 1];
    if (values.length === 0) {
      this.#summary = 'no sample yet';
    } else if (total) {
      this.#summary = `${write(sum)} in the last hour`;
    } else if (worst) {
      this.#summary = most > 0 ? `at worst ${write(most)}` : 'none';
    } else {
      this.#summary = `${write(last ?? 0)} ${unit}`;
    }
    attribute(this.#picture, 'aria-label',
      `${title} over the last hour, ${unit}: ${this.#summary}, at most ${write(most)}`);
    this.#leave();
    redraw(this.#drawing, this.#points.map((p) => [Math.round(p.x), p.y]), () => this.#shapes());
  }

  #shapes() {
    const shown = this.#points.filter((p) => p.value !== null);
    if (this.#spec.kind === 'bars') {
      return shown.filter((p) => p.value > 0).map((p) => svg('rect', {
        class: 'bar', x: p.x - Math.max(p.width, 4), y: p.y, width: Math.max(p.width, 4),
        height: HEIGHT - p.y,
      }));
    }
    if (this.#spec.kind === 'dots') {
      return shown.map((p) => svg('rect', {
        class: 'bar hand-over', x: p.x - Math.max(p.width, 4), y: p.y,
        width: Math.max(p.width, 4), height: HEIGHT - p.y,
      }));
    }
    return stretches(shown).flatMap((stretch) => {
      const first = stretch[0];
      const line = [`${first.x - first.width},${first.y}`, ...stretch.map((p) => `${p.x},${p.y}`)];
      const last = stretch[stretch.length - 1];
      return [
        svg('polygon', {
          class: 'area',
          points: `${first.x - first.width},${HEIGHT} ${line.join(' ')} ${last.x},${HEIGHT}`,
        }),
        svg('polyline', { class: 'line', points: line.join(' ') }),
      ];
    });
  }

  #point(event) {
    const box = this.#picture.getBoundingClientRect();
    const x = (WIDTH * (event.clientX - box.left)) / box.width;
    let nearest = -1;
    this.#points.forEach((p, i) => {
      if (nearest < 0 || Math.abs(p.x - x) < Math.abs(this.#points[nearest].x - x)) {
        nearest = i;
      }
    });
    if (nearest >= 0) {
      const { x: at, value } = this.#points[nearest];
      const sample = this.#samples[nearest];
      attribute(this.#cursor, 'x1', at);
      attribute(this.#cursor, 'x2', at);
      attribute(this.#cursor, 'visibility', 'visible');
      const written = value === null ? '' : `${this.#spec.write(value)}, `;
      text(this.#now, `${clock(sample.at)}: ${written}${this.#spec.detail(sample)}`);
    }
  }

  #leave() {
    attribute(this.#cursor, 'visibility', 'hidden');
    text(this.#now, this.#summary);
  }
}

function stretches(points) {
  const found = [];
  for (const point of points) {
    const stretch = found[found.length - 1];
    if (stretch && point.at - stretch[stretch.length - 1].at <= GAP_MS) {
      stretch.push(point);
    } else {
      found.push([point]);
    }
  }
  return found;
}

export class Charts {
  #charts = CHARTS.map((spec) => new Chart(spec));

  constructor(store) {
    byId('charts').append(...this.#charts.map((chart) => chart.element));
    this.#charts.forEach((chart) => chart.draw([]));
    store.on('history', () => this.#charts.forEach((chart) => chart.draw(store.history.samples)));
  }
}
