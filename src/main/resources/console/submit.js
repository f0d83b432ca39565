// The box in which a job is written.

import { Problem, randomKey, submit, upload } from './api.js';
import { attribute, byId, h, redraw, text } from './dom.js';
import { many } from './format.js';

const INLINE_ITEMS_MAX = 1_000;
const INLINE_CHARS_MAX = 800_000;
const SAMPLES = 1_000;

const NOUNS = ['node', 'worker', 'queue', 'lease', 'checkpoint', 'batch', 'result', 'message'];
const VERBS = ['holds', 'returns', 'waits for', 'outlives', 'follows', 'hands over', 'keeps'];
const PLACES = ['in the night', 'without a word', 'after the storm', 'before noon', 'on time'];

/** Sentences of some variety, so that there is something to watch. */
export function samples(n) {
  return Array.from({ length: n }, (_, i) =>
    `Sentence ${i + 1}: the ${NOUNS[i % 8]} ${VERBS[(i * 3) % 7]} the ${NOUNS[(i * 5 + 3) % 8]} `
    + `${PLACES[(i * 7) % 5]}.`);
}

export class SubmitBox {
  #store;
  #opened;
  #key = null;
  #model = byId('model');
  #texts = byId('texts');
  #label = byId('label');
  #button = byId('submit-button');
  #error = byId('submit-error');

  /** @param opened is told the id of the new job */
  constructor(store, opened) {
    this.#store = store;
    this.#opened = opened;
    store.on('models', () => this.#models());
    byId('submit-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#model.addEventListener('change', () => this.#kindChanged());
    this.#texts.addEventListener('input', () => this.#counted());
    this.#texts.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        this.#submit();
      }
    });
    byId('samples').addEventListener('click', () => this.fill());
    byId('submit-form').addEventListener('input', () => {
      this.#key = null;
    });
  }

  /** Writes sample sentences into the box. */
  fill() {
    this.#texts.value = samples(SAMPLES).join('\n');
    this.#key = null;
    this.#complain('', []);
    this.#counted();
    this.#button.focus();
  }

  #models() {
    redraw(this.#model, this.#store.models.map((model) => model.name), () =>
      this.#store.models.map((model) => h('option', { value: model.name }, model.name)));
    this.#kindChanged();
  }

  #tensor() {
    const model = this.#store.models.find((m) => m.name === this.#model.value);
    return model?.kind === 'tensor';
  }

  #kindChanged() {
    const tensor = this.#tensor();
    text(byId('texts-label'), tensor ? 'Tensors, as a JSON array of items' : 'Texts, one a line');
    attribute(this.#texts, 'placeholder', tensor
      ? '[{"inputs": [{"name": "x", "shape": [1, 3], "datatype": "FP32", "data": [1, 2, 3]}]}]'
      : 'It holds fast.\nWhatever the weather.');
    this.#texts.classList.toggle('code', tensor);
    byId('samples').hidden = tensor;
    this.#counted();
  }

  #lines() {
    return this.#texts.value.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  }

  #counted() {
    const lines = this.#tensor() ? 0 : this.#lines().length;
    text(byId('texts-count'), lines === 0 ? '' : many(lines, 'text'));
  }

  #items() {
    if (!this.#tensor()) {
      const lines = this.#lines();
      if (lines.length === 0) {
        throw new Problem(0, {
          detail: 'There is nothing to infer yet: write at least one text.',
          errors: [{ pointer: '/input', detail: 'is empty' }],
        });
      }
      return lines;
    }
    try {
      const json = JSON.parse(this.#texts.value);
      return Array.isArray(json) ? json : [json];
    } catch (e) {
      throw new Problem(0, {
        detail: `That is not JSON: ${e.message}`,
        errors: [{ pointer: '/input', detail: 'is not JSON' }],
      });
    }
  }

  #labels() {
    const label = this.#label.value.trim();
    if (label === '') {
      return {};
    }
    const colon = label.indexOf(':');
    return colon < 0
      ? { name: label }
      : { [label.slice(0, colon).trim()]: label.slice(colon + 1).trim() };
  }

  async #submit() {
    if (this.#button.getAttribute('aria-disabled') === 'true') {
      return;
    }
    attribute(this.#button, 'aria-disabled', 'true');
    this.#complain('', []);
    try {
      const items = this.#items();
      const large = items.length > INLINE_ITEMS_MAX || this.#texts.value.length > INLINE_CHARS_MAX;
      const input = large ? { input_id: await upload(items) } : { items };
      this.#key ??= randomKey();
      const job = await submit(
        { model: this.#model.value, input, labels: this.#labels() }, this.#key);
      this.#key = null;
      this.#store.putJob(job);
      this.#opened(job.id);
    } catch (e) {
      const sentence = e instanceof Problem ? e.message : `The server cannot be reached: ${e.message}`;
      this.#complain(sentence, e.errors ?? []);
    } finally {
      attribute(this.#button, 'aria-disabled', null);
    }
  }

  /** Says what is wrong where it is wrong. */
  #complain(sentence, errors) {
    const fields = { '/model': this.#model, '/input': this.#texts, '/labels': this.#label };
    let first = null;
    for (const [pointer, field] of Object.entries(fields)) {
      const bad = errors.some((error) => (error.pointer ?? '').startsWith(pointer));
      attribute(field, 'aria-invalid', bad ? 'true' : null);
      first ??= bad ? field : null;
    }
    redraw(this.#error, [sentence, errors], () => {
      const lines = errors.filter((error) => !sentence.includes(error.detail)).map(place)
        .filter((line) => line !== '');
      return sentence === '' ? [] : [
        h('p', {}, sentence[0].toUpperCase() + sentence.slice(1)),
        lines.length === 0 ? null : h('ul', {}, lines.map((line) => h('li', {}, line))),
      ];
    });
    first?.focus();
  }
}

function place(error) {
  const item = /^\/input\/items\/(\d+)(.*)$/.exec(error.pointer ?? '');
  const where = item ? `item ${Number(item[1]) + 1}${item[2]}` : error.pointer ?? error.parameter ?? '';
  return where === '' || where === '/input' ? '' : `${where}: ${error.detail}`;
}
