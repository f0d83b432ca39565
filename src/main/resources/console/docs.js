// Draws the page of the API from the contract that drives the router.

import { get } from './api.js';
import { byId, h, text } from './dom.js';
import { Schemas } from './schema.js';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

function operations(items) {
  return Object.entries(items).flatMap(([path, item]) =>
    Object.keys(item).filter((key) => METHODS.includes(key)).map((method) => ({ path, method, ...item[method] })));
}

/** What the server calls at its clients'; the contract gives these names and no paths. */
function webhooks(contract) {
  return operations(contract.webhooks ?? {}).map((op) => ({ ...op, operationId: op.path, sent: true }));
}

function heading(operation) {
  return [h('span', { class: 'method', 'data-method': operation.method }, operation.method.toUpperCase()),
    ' ', h('span', {}, h('code', {}, operation.path),
      operation.sent ? h('span', { class: 'sub' }, ' sent to you') : null)];
}

function parameters(schemas, operation) {
  const all = (operation.parameters ?? []).map((parameter) => schemas.resolve(parameter));
  return all.length === 0 ? [] : [
    h('h3', {}, 'Parameters'),
    h('dl', { class: 'fields' }, all.map((parameter) => h('div', {},
      h('dt', {}, h('code', {}, parameter.name),
        h('span', { class: 'sub' }, ` ${parameter.in}${parameter.required ? ', required' : ''}, `
          + `${schemas.type(parameter.schema)}`)),
      h('dd', {}, [parameter.description, schemas.bounds(parameter.schema)]
        .filter((line) => line).map((line) => h('p', {}, line)))))),
  ];
}

function written(value, type) {
  return typeof value === 'string' && type !== 'application/json' && type !== 'application/problem+json'
    ? value.trimEnd()
    : JSON.stringify(value, null, 2);
}

/** The examples of a body; the first may stand open. */
function examples(schemas, media, type, open) {
  const given = media.examples ?? (media.example === undefined ? {} : { only: { value: media.example } });
  return Object.values(given).map((each, i) => {
    const example = schemas.resolve(each);
    return h('details', { class: 'example', open: open && i === 0 },
      h('summary', {}, example.summary ?? 'Example'),
      h('pre', { tabindex: '0', 'aria-label': example.summary ?? 'Example' },
        h('code', {}, written(example.value, type))));
  });
}

function bodies(schemas, content, what, open) {
  return Object.entries(content ?? {}).flatMap(([type, media]) => [
    h('p', {}, h('code', {}, type)),
    ...examples(schemas, media, type, open),
    media.schema ? h('details', { class: 'schema' },
      h('summary', {}, `Fields of ${schemas.name(media.schema) ?? `this ${what}`}`),
      schemas.fields(media.schema)) : null,
  ]);
}

function responses(schemas, operation) {
  return Object.entries(operation.responses).map(([status, given]) => {
    const response = schemas.resolve(given);
    const headers = Object.keys(response.headers ?? {});
    return h('section', { class: 'response' },
      h('h4', {}, h('span', { class: 'status' }, status === 'default' ? 'otherwise' : status),
        ` ${response.description}`),
      headers.length === 0 ? null
        : h('p', { class: 'sub' }, 'Headers: ', headers.join(', ')),
      bodies(schemas, response.content, 'answer', status !== 'default'));
  });
}

function operation(schemas, op) {
  const request = op.requestBody ? schemas.resolve(op.requestBody) : null;
  return h('article', { id: op.operationId, class: 'card', 'aria-labelledby': `${op.operationId}-h` },
    h('h2', { id: `${op.operationId}-h` }, heading(op)),
    h('p', { class: 'summary' }, op.summary ?? ''),
    op.description ? h('p', {}, op.description) : null,
    parameters(schemas, op),
    request ? [h('h3', {}, op.sent ? 'What is sent' : request.required ? 'Request body' : 'Request body, optional'),
      ...bodies(schemas, request.content, 'request', true)] : [],
    h('h3', {}, op.sent ? 'What to answer' : 'Answers'),
    responses(schemas, op));
}

async function draw() {
  const contract = await get('/openapi.yaml');
  const schemas = new Schemas(contract);
  const all = [...operations(contract.paths), ...webhooks(contract)];
  text(byId('description'), contract.info.description ?? '');
  byId('contents').append(h('ul', {}, all.map((op) => h('li', {},
    h('a', { href: `#${op.operationId}` }, heading(op))))));
  byId('operations').append(...all.map((op) => operation(schemas, op)));
  if (location.hash.length > 1) {
    byId(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
  }
}

draw().catch((e) => text(byId('description'), `The contract cannot be read: ${e.message}`));
