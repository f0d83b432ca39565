// JSON Schema in words.

import { h } from './dom.js';

const DEPTH_MAX = 6;

export class Schemas {
  #contract;

  constructor(contract) {
    this.#contract = contract;
  }

  /** Follows a reference into the contract. */
  resolve(given) {
    let value = given ?? {};
    while (value.$ref) {
      value = value.$ref.slice(2).split('/').reduce(
        (node, key) => node[key.replaceAll('~1', '/').replaceAll('~0', '~')], this.#contract);
    }
    return value;
  }

  /** What a reference points at, or null for a schema that is written in place. */
  name(schema) {
    return schema.$ref ? schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1) : null;
  }

  /** Such as "array of Job". */
  type(given) {
    const schema = this.resolve(given);
    const name = given?.$ref ? `${this.name(given)} ` : '';
    if (schema.type === 'array') {
      return `array${schema.items ? ` of ${this.type(schema.items)}` : ''}`;
    }
    const type = Array.isArray(schema.type) ? schema.type.join(' or ') : schema.type ?? 'anything';
    return name === 'Timestamp ' ? 'timestamp' : `${name}${type}`;
  }

  /** Which values are allowed, or an empty text. */
  bounds(given) {
    const schema = this.resolve(given);
    const said = [];
    const say = (words, key) => {
      if (schema[key] !== undefined) {
        said.push(`${words} ${schema[key]}`);
      }
    };
    if (schema.enum) {
      said.push(`one of ${schema.enum.join(', ')}`);
    }
    if (schema.minimum !== undefined && schema.maximum !== undefined) {
      said.push(`${schema.minimum} to ${schema.maximum}`);
    } else {
      say('from', 'minimum');
      say('up to', 'maximum');
    }
    say('at least this many:', 'minItems');
    say('at most this many:', 'maxItems');
    say('characters at most:', 'maxLength');
    say('entries at most:', 'maxProperties');
    say('by default', 'default');
    if (schema.pattern && this.name(given ?? {}) !== 'Timestamp') {
      said.push(`matches ${schema.pattern}`);
    }
    return said.join(', ');
  }

  /** The fields of an object, and theirs. */
  fields(given, depth = 0) {
    let schema = this.resolve(given);
    if (schema.type === 'array' && schema.items) {
      schema = this.resolve(schema.items);
    }
    const properties = Object.entries(schema.properties ?? {});
    if (properties.length === 0 || depth > DEPTH_MAX) {
      return h('p', { class: 'sub' }, this.type(given), this.bounds(given) ? `, ${this.bounds(given)}` : '');
    }
    return h('dl', { class: 'fields' }, properties.map(([name, property]) => {
      const inner = this.resolve(property);
      const object = inner.type === 'array' && inner.items ? this.resolve(inner.items) : inner;
      return h('div', {},
        h('dt', {}, h('code', {}, name), h('span', { class: 'sub' },
          ` ${this.type(property)}${(schema.required ?? []).includes(name) ? '' : ', optional'}`)),
        h('dd', {},
          inner.description ? h('p', {}, inner.description) : null,
          this.bounds(property) ? h('p', { class: 'sub' }, this.bounds(property)) : null,
          object.properties ? this.fields(property, depth + 1) : null));
    }));
  }
}
