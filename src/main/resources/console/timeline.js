// The attempts at one job: who worked on which items, and how each went on behind the last.

import { h, svg } from './dom.js';
import { between, clock, count, duration, many } from './format.js';

const WIDTH = 1000;
const HEIGHT = 10;

/** How an attempt ended, in words. */
function ending(attempt, next, job) {
  const at = `at item ${count(attempt.reached_item)}`;
  const again = next ? Math.max(0, attempt.reached_item - next.resumed_at_item) : 0;
  const cost = again > 0 ? `; ${many(again, 'item')} computed again` : '; nothing computed twice';
  switch (attempt.outcome) {
    case 'complete': return 'finished the job';
    case 'interrupted': return `evicted ${at}: handed the job over${next ? cost : ''}`;
    case 'fenced_out': return `overtaken ${at}: silent for too long, and fenced out when it came back${next ? cost : ''}`;
    case 'lost': return `lost ${at}, without a word${next ? cost : ''}`;
    case 'failed': return `failed ${at}`;
    case 'cancelled': return `cancelled ${at}`;
    default: return job.state === 'processing' ? `working, ${at}` : `${job.state} ${at}`;
  }
}

/** Where a worker runs, as far as its attempt says. */
function place(attempt) {
  const parts = [attempt.node, attempt.zone, attempt.spot ? 'spot' : null];
  return parts.filter((part) => part).join(' · ');
}

function track(attempt, next, total) {
  const x = (item) => (WIDTH * Math.min(item, total)) / total;
  const from = x(attempt.resumed_at_item);
  const to = Math.max(x(attempt.reached_item), from + 3);
  const kept = next ? Math.min(to, Math.max(from, x(next.resumed_at_item))) : to;
  return svg('svg', {
    class: 'track', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none',
    'aria-hidden': 'true', focusable: 'false',
  },
  svg('rect', { class: 'ground', x: 0, y: 0, width: WIDTH, height: HEIGHT }),
  svg('rect', { class: 'kept', x: from, y: 0, width: kept - from, height: HEIGHT }),
  svg('rect', { class: 'again', x: kept, y: 0, width: to - kept, height: HEIGHT }));
}

/** The list items of a job's attempts, oldest first. */
export function attempts(job) {
  const all = job.attempts;
  const total = Math.max(1, job.progress.total ?? 0, ...all.map((a) => a.reached_item));
  return all.map((attempt, i) => {
    const shown = attempt.outcome || job.state !== 'processing'
      ? attempt
      : { ...attempt, reached_item: Math.max(attempt.reached_item, job.progress.done) };
    const next = all[i + 1];
    const state = attempt.outcome ?? (job.state === 'processing' ? 'working' : 'over');
    const where = place(attempt);
    const took = attempt.ended_at ? duration(between(attempt.started_at, attempt.ended_at)) : '';
    return h('li', { 'data-outcome': state },
      h('div', { class: 'attempt-head' },
        h('strong', {}, attempt.worker),
        where === '' ? null : h('span', { class: 'sub' }, where),
        h('span', { class: 'attempt-time' }, clock(attempt.started_at),
          took === '' ? '' : `, ${took}`)),
      track(shown, next, total),
      h('p', {},
        attempt.resumed_at_item > 0
          ? `resumed at item ${count(attempt.resumed_at_item)}, `
          : i === 0 ? 'began, ' : 'began again at item 0, ',
        h('span', { class: 'ending' }, ending(shown, next, job)),
        attempt.error ? h('span', { class: 'error-text' }, ` (${attempt.error.code}: ${attempt.error.message})`) : null));
  });
}
