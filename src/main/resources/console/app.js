// Puts the page together.

import { Charts } from './charts.js';
import { attribute, byId, text } from './dom.js';
import { Feed } from './feed.js';
import { age, count, duration, fine, many } from './format.js';
import { JobDetail } from './job.js';
import { JobTable } from './jobs.js';
import { Store } from './store.js';
import { SubmitBox } from './submit.js';
import { Workers } from './workers.js';

const store = new Store();
const announce = (sentence) => text(byId('announcer'), sentence);
const detail = new JobDetail(store, announce);
const table = new JobTable(store, () => detail.id);
const workers = new Workers(store, announce);
const submitBox = new SubmitBox(store, (id) => {
  location.hash = `#/jobs/${id}`;
});
new Charts(store);
store.kept = () => detail.id;
const feed = new Feed(store, () => detail.id);

function route() {
  const before = detail.id;
  const match = /^#\/jobs\/([\w-]+)$/.exec(location.hash);
  const id = match ? match[1] : null;
  if (id !== before) {
    detail.open(id);
    table.draw();
    if (id === null && before !== null) {
      table.focus(before);
    }
  }
}

const CONNECTION = {
  connecting: () => 'Connecting',
  live: () => 'Live',
  polling: () => 'Asking every 2 s',
  offline: (since) => `No connection for ${age((Date.now() - since) / 1000)}, trying again`,
};

let saidConnection = '';

function drawConnection() {
  const { kind, detail: why, since } = store.connection;
  const pill = byId('connection');
  attribute(pill, 'data-kind', kind);
  attribute(pill, 'title', why || {
    live: 'Changes arrive as they happen.',
    polling: 'There is no stream of events at the moment; the page asks for changes.',
  }[kind]);
  text(byId('connection-words'), CONNECTION[kind](since));
  if (kind === 'offline' || saidConnection === 'offline') {
    if (kind !== saidConnection) {
      announce(kind === 'offline' ? 'The connection is lost' : 'The connection is back');
    }
  }
  saidConnection = kind;
  document.body.classList.toggle('stale', kind === 'offline');
}

function drawFigures() {
  const { stats, history } = store;
  if (stats) {
    text(byId('figure-waiting'), count(stats.queue.waiting));
    text(byId('figure-waiting-sub'), stats.queue.oldest_age_s === undefined
      ? 'nobody waits' : `oldest ${duration(stats.queue.oldest_age_s)}`);
    text(byId('figure-running'), count(stats.queue.held));
    text(byId('figure-running-sub'),
      `on ${count(stats.workers.ready)} of ${many(stats.workers.total, 'worker')}`);
    document.title = stats.queue.held > 0 ? `${count(stats.queue.held)} running · Holdfast` : 'Holdfast';
  }
  text(byId('figure-rate'), fine(workers.rate()));
  if (history) {
    const samples = history.samples;
    const sum = (of) => samples.reduce((total, sample) => total + of(sample), 0);
    const longest = Math.max(0, ...samples.map((sample) => sample.hand_overs.longest_s ?? 0));
    text(byId('figure-interruptions'), count(sum((s) => s.interruptions)));
    text(byId('figure-interruptions-sub'), `${count(sum((s) => s.ended.failed))} jobs failed`);
    const handOvers = sum((s) => s.hand_overs.count);
    text(byId('figure-hand-over'), handOvers === 0 ? '–' : duration(longest));
    text(byId('figure-hand-over-sub'), handOvers === 0 ? 'none' : `longest of ${count(handOvers)}`);
  }
}

store.on('connection', drawConnection);
['stats', 'history', 'workers'].forEach((topic) => store.on(topic, drawFigures));
setInterval(drawConnection, 1_000);
addEventListener('hashchange', route);
byId('empty-samples').addEventListener('click', () => submitBox.fill());
byId('job-close').addEventListener('click', () => {
  location.hash = '#/';
});
byId('job').addEventListener('keydown', (event) => {
  if (event.key === 'Escape') {
    location.hash = '#/';
  }
});
byId('skip').addEventListener('click', (event) => {
  event.preventDefault();
  byId('jobs-heading').focus();
});
drawConnection();
route();
feed.start();
