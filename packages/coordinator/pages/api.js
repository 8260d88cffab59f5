// Shows /openapi.json. Everything is set as text: nothing of the document becomes markup.
const document_ = await (await fetch('/openapi.json')).json();

function element(name, text, ...children) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  made.append(...children);
  return made;
}

function example(title, media) {
  return Object.entries(media ?? {}).flatMap(([type, { example: value }]) => [
    element('h4', `${title} (${type})`),
    element('pre', typeof value === 'string' ? value : JSON.stringify(value, null, 2)),
  ]);
}

function parameters(list) {
  if (list.length === 0) return [];
  const rows = list.map(({ name, in: place, required, schema, description }) =>
    element(
      'tr',
      undefined,
      element('td', undefined, element('code', name)),
      element('td', place + (required ? ', required' : '')),
      element('td', description ?? schema?.description ?? schema?.pattern ?? schema?.type ?? ''),
    ),
  );
  return [element('h4', 'Parameters'), element('table', undefined, ...rows)];
}

function show(path, method, operation) {
  const head = element('summary');
  head.append(
    element('code', method.toUpperCase()),
    ' ',
    element('code', path),
    ` ${operation.summary ?? ''}`,
  );
  head.firstChild.className = 'method';
  const scope = operation['x-required-scope'];
  const details = element('details', undefined, head);
  details.append(
    element('p', scope === undefined ? 'Needs no token.' : `Needs a token with ${scope}.`),
  );
  if (operation.description) details.append(element('p', operation.description));
  details.append(...parameters(operation.parameters ?? []));
  details.append(...example('Request', operation.requestBody?.content));
  for (const [status, response] of Object.entries(operation.responses ?? {})) {
    details.append(...example(`Answer ${status}`, response.content));
  }
  details.dataset.words = `${method} ${path} ${operation.summary} ${operation.tags}`.toLowerCase();
  return details;
}

const byTag = new Map();
for (const [path, methods] of Object.entries(document_.paths)) {
  for (const [method, operation] of Object.entries(methods)) {
    const tag = operation.tags?.[0] ?? 'other';
    byTag.set(tag, [...(byTag.get(tag) ?? []), show(path, method, operation)]);
  }
}
document.querySelector('#intro').textContent = document_.info.description;
for (const [tag, operations] of byTag) {
  const id = `tag-${tag.replaceAll(' ', '-')}`;
  const link = element('a', tag);
  link.href = `#${id}`;
  document.querySelector('#tags').append(link);
  const title = element('h2', tag);
  title.id = id;
  document.querySelector('#operations').append(title, ...operations);
}
document.querySelector('#find').addEventListener('input', ({ target }) => {
  for (const details of document.querySelectorAll('details')) {
    details.hidden = !details.dataset.words.includes(target.value.toLowerCase());
  }
});
