/** The types `http`, `keyword` and `json-query` of Uptime Kuma. */
import type { DraftAssertion, Probe, Say } from './draft.ts';
import { quoted } from './glob.ts';
import { jsonPathOf, literalOf } from './json-path.ts';
import { fieldsOf, given, isTrue, numberOf, orNull, textOf, type Fields } from './values.ts';

export function draftHttp(type: string, monitor: Fields, say: Say): Probe {
  const http = orNull(httpOf(monitor, say));
  const input = { url: textOf(monitor['url']) ?? '', ...given({ http }) };
  const assertions = [...statusOf(monitor)];
  if (type === 'keyword') assertions.push(...keywordOf(monitor));
  if (type === 'json-query') assertions.push(...queryOf(monitor, say));
  return { input, assertions };
}

function httpOf(monitor: Fields, say: Say): Fields {
  const method = textOf(monitor['method'])?.toUpperCase() ?? 'GET';
  const redirects = numberOf(monitor['maxredirects']) ?? 10;
  const family = textOf(monitor['ip_family']);
  return given({
    method: method === 'GET' ? null : method,
    headers: headersOf(monitor, say),
    body: textOf(monitor['body']),
    auth: authOf(monitor, say),
    followRedirects: redirects === 0 ? false : null,
    maxRedirects: redirects === 0 || redirects === 5 ? null : Math.min(20, redirects),
    ipFamily: family === 'ipv4' || family === 'ipv6' ? family : null,
    tls: orNull(tlsOf(monitor)),
  });
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  json: 'application/json',
  xml: 'text/xml; charset=utf-8',
  form: 'application/x-www-form-urlencoded',
};

/** Values may be credentials whatever their names: what a file holds of them is names only. */
function headersOf(monitor: Fields, say: Say): Fields | null {
  const text = textOf(monitor['headers']);
  const own = text === null ? {} : fieldsOf(tryJson(text));
  if (text !== null && Object.keys(own).length === 0 && text.trim() !== '{}') {
    say('its headers were left out: they are no JSON object of texts');
  }
  const headers = Object.keys(own).map((name): [string, unknown] => {
    const key = name.toLowerCase();
    const isPublic = /^(?:accept|content-type|user-agent|host|cache-control)/.test(key);
    return [key, isPublic ? textOf(own[name]) : { secretRef: `http.headers.${key}` }];
  });
  const body = textOf(monitor['body']);
  const encoding = CONTENT_TYPES[textOf(monitor['http_body_encoding']) ?? 'json'];
  const usual = body === null ? {} : { 'content-type': encoding };
  return orNull(given({ ...usual, ...Object.fromEntries(headers) }));
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function authOf(monitor: Fields, say: Say): Fields | null {
  const method = textOf(monitor['auth_method']);
  const username = textOf(monitor['basic_auth_user']);
  if (method === 'oauth2-cc' || method === 'ntlm') {
    say(`its authentication (${method}) was left out: give a token as http.auth.bearer`);
    return null;
  }
  if (method === 'mtls' || username === null) return null;
  return { basic: { username, password: { secretRef: 'http.auth.password' } } };
}

function tlsOf(monitor: Fields): Fields {
  const certificate = textOf(monitor['tls_cert']);
  const isMutual = textOf(monitor['auth_method']) === 'mtls' && certificate !== null;
  return given({
    verify: isTrue(monitor['ignore_tls']) ? false : null,
    ca: isMutual ? textOf(monitor['tls_ca']) : null,
    client: isMutual ? { certificate, key: { secretRef: 'http.tls.client.key' } } : null,
  });
}

/** `["200-299", "304"]`, as a list or as JSON text. */
function statusOf(monitor: Fields): DraftAssertion[] {
  const value = monitor['accepted_statuscodes'] ?? monitor['accepted_statuscodes_json'];
  const list = typeof value === 'string' ? tryJson(value) : value;
  const codes = (Array.isArray(list) ? (list as unknown[]) : ['200-299']).map(String);
  const text = `status in ${codes.map((code) => code.replace(/\s*-\s*/, '..')).join(', ')}`;
  return codes.length === 0 ? [] : [{ text, source: `accepted status codes ${codes.join(', ')}` }];
}

function keywordOf(monitor: Fields): DraftAssertion[] {
  const keyword = textOf(monitor['keyword']);
  if (keyword === null) return [];
  const not = isTrue(monitor['invert_keyword']) ? 'not ' : '';
  return [{ text: `body ${not}contains ${quoted(keyword)}`, source: `keyword ${keyword}` }];
}

/** Their query is a JSONata expression; a plain path means the same in both. */
function queryOf(monitor: Fields, say: Say): DraftAssertion[] {
  const query = textOf(monitor['json_path']) ?? '$';
  const expected = textOf(monitor['expected_value']) ?? '';
  const operator = textOf(monitor['json_path_operator']) ?? '==';
  const source = `${query} ${operator} ${expected}`;
  const path = jsonPathOf(query);
  if (path === null || !/^(?:==|!=|<|<=|>|>=|contains)$/.test(operator)) {
    say(`"${source}" was left out: write an assertion json($.path) about it`);
    return [];
  }
  const right = operator === 'contains' ? quoted(expected) : literalOf(expected);
  return [{ text: `json(${path}) ${operator} ${right}`, source }];
}
