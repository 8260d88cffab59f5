/** More monitors files that are refused: what is written at the wrong place, or as other tools have it. */
import { HEAD, SHOP } from './bad-monitors-files.ts';

export const MORE_BAD_FILES: readonly [name: string, text: string, said: readonly string[]][] = [
  [
    'an owner with capitals',
    `${SHOP}owner: Acme Shop\n`,
    [
      'm.yaml:5:8 owner: must be 1 to 100 lower-case letters, digits and . _ - /, such as acme/shop, not "Acme Shop"',
    ],
  ],
  [
    'an owner that is a list',
    `${SHOP}owner: [a]\n`,
    ['m.yaml:5:8 owner: must be text, not a list'],
  ],
  [
    'sets of regions as a list',
    `${SHOP}regions: [eu-west]\n`,
    [
      'm.yaml:5:10 regions: must be a map from the name of a set to its regions: "europe: [eu-west, eu-north]"',
    ],
  ],
  [
    'a set of regions that is text',
    `${SHOP}regions:\n  europe: eu-west\n`,
    ['m.yaml:6:11 regions.europe: must be a list, not "eu-west"'],
  ],
  [
    'a set of sets',
    `${SHOP}regions:\n  all: [europe]\n  europe: [eu-west]\n`,
    ['m.yaml:6:9 regions.all[0]: "europe" is a set itself; write its regions out'],
  ],
  [
    'a set with a name that no region can have',
    `${SHOP}regions:\n  My Set: [eu-west]\n`,
    ['m.yaml:6:3 regions.My Set: must be a name of 1 to 63 lower-case letters, digits and dashes'],
  ],
  [
    'a set without regions',
    `${SHOP}regions:\n  europe: []\n`,
    ['m.yaml:6:11 regions.europe: must not be an empty list'],
  ],
  [
    'monitors as endpoints, as another tool calls them',
    `${HEAD}endpoints:\n  - name: X\n`,
    [
      'm.yaml:2:1 endpoints: is not a known field; known here: apiVersion, defaults, maintenance, monitors, notifications, owner, regions, routing, slos',
    ],
  ],
  [
    'the version of another tool',
    'version: 1\nmonitors: []\n',
    [
      'm.yaml:1:1 version: is not a known field; known here: apiVersion, defaults, maintenance, monitors, notifications, owner, regions, routing, slos',
      'm.yaml:1:1 apiVersion: is required; write "apiVersion: trustmonitor/v1" first',
    ],
  ],
  [
    'the unit apart',
    `${SHOP}    timeout: 5 s\n`,
    [
      'm.yaml:5:14 monitors[0].timeout: "5 s" is not a duration. Write a number and a unit: 500ms, 30s, 1m30s, 2h, 7d. A bare number is seconds.',
    ],
  ],
  [
    'a negative duration',
    `${SHOP}    interval: -5s\n`,
    [
      'm.yaml:5:15 monitors[0].interval: "-5s" is not a duration. Write a number and a unit: 500ms, 30s, 1m30s, 2h, 7d. A bare number is seconds.',
    ],
  ],
  [
    'an interval as a cron expression',
    `${SHOP}    interval: "*/5 * * * *"\n`,
    [
      'm.yaml:5:15 monitors[0].interval: "*/5 * * * *" is not a duration. Write a number and a unit: 500ms, 30s, 1m30s, 2h, 7d. A bare number is seconds.',
    ],
  ],
  [
    'a timeout of nothing',
    `${SHOP}    timeout: 0\n`,
    ['m.yaml:5:14 monitors[0].timeout: must be at least 50ms'],
  ],
  [
    'snake case for a key of ours',
    `${SHOP}    degraded_after: 1s\n`,
    ['m.yaml:5:5 monitors[0].degraded_after: is not a known field, did you mean "degradedAfter"?'],
  ],
  [
    'a header as a list',
    `${SHOP}    http: {headers: [accept, text/html]}\n`,
    ['m.yaml:5:21 monitors[0].http.headers: must be a map of keys, not a list'],
  ],
  [
    'a header with a line break',
    `${SHOP}    http: {headers: {x-a: "a\\nb"}}\n`,
    ['m.yaml:5:27 monitors[0].http.headers.x-a: has a control character'],
  ],
  [
    'a header name with a space',
    `${SHOP}    http: {headers: {"x a": b}}\n`,
    ['m.yaml:5:29 monitors[0].http.headers.x a: is not a header name'],
  ],
  [
    'a method in lower case',
    `${SHOP}    http: {method: get}\n`,
    [
      'm.yaml:5:20 monitors[0].http.method: must be one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, not "get"',
    ],
  ],
  [
    'a method at the wrong level',
    `${SHOP}    method: POST\n`,
    [
      'm.yaml:5:5 monitors[0].method: is not a known field; known here: alerts, anomalies, assertions, confirm, degradedAfter, dependsOn, dns, enabled, evidence, expected_status, group, grpc, heartbeat, host, http, icmp, id, interval, labels, maintenance, mode, name, partial, port, quorum, recover, regions, retries, runbook, slo, smtp, tcp, timeout, tls, type, url, websocket',
    ],
  ],
  [
    'headers at the wrong level',
    `${SHOP}    headers: {accept: text/html}\n`,
    [
      'm.yaml:5:5 monitors[0].headers: is not a known field; known here: alerts, anomalies, assertions, confirm, degradedAfter, dependsOn, dns, enabled, evidence, expected_status, group, grpc, heartbeat, host, http, icmp, id, interval, labels, maintenance, mode, name, partial, port, quorum, recover, regions, retries, runbook, slo, smtp, tcp, timeout, tls, type, url, websocket',
    ],
  ],
  [
    'a status as text',
    `${SHOP}    expected_status: "200"\n`,
    ['m.yaml:5:22 monitors[0].expected_status: must be a whole number, not "200"'],
  ],
  [
    'a status that is none',
    `${SHOP}    expected_status: 2000\n`,
    ['m.yaml:5:22 monitors[0].expected_status: must be at most 599, not 2000'],
  ],
  [
    'an assertion with one equals sign',
    `${SHOP}    assertions: ["status = 200"]\n`,
    [
      'm.yaml:5:18 monitors[0].assertions[0]: column 8: expected one of == != < <= > >=, found "= 200"',
    ],
  ],
  [
    'an assertion about nothing that is known',
    `${SHOP}    assertions: ["stauts == 200"]\n`,
    [
      'm.yaml:5:18 monitors[0].assertions[0]: column 1: expected one of status, latency, latency.total, latency.resolve, latency.connect, latency.tls, latency.processing, latency.transfer, body, header, json, jsonSchema, size, sha256, cert.daysLeft, tls.version, tls.cipher, dns.answers, dns.count, dns.rcode, loss, found "stauts == 200"',
    ],
  ],
  [
    'an assertion without a unit',
    `${SHOP}    assertions: ["latency < fast"]\n`,
    [
      'm.yaml:5:18 monitors[0].assertions[0]: column 11: expected a duration with its unit, such as 800ms or 1.5s, found "fast"',
    ],
  ],
  [
    'an assertion with an open quote',
    `${SHOP}    assertions: ['body contains "x']\n`,
    ['m.yaml:5:18 monitors[0].assertions[0]: column 15: expected a string in quotes, found "\\"x"'],
  ],
  [
    'a condition of another tool',
    `${SHOP}    assertions: ["[STATUS] == 200"]\n`,
    [
      'm.yaml:5:18 monitors[0].assertions[0]: column 1: expected one of status, latency, latency.total, latency.resolve, latency.connect, latency.tls, latency.processing, latency.transfer, body, header, json, jsonSchema, size, sha256, cert.daysLeft, tls.version, tls.cipher, dns.answers, dns.count, dns.rcode, loss, found "[STATUS] == 200"',
    ],
  ],
  [
    'an assertion that the type cannot answer',
    `${HEAD}monitors:\n  - name: X\n    type: icmp\n    host: x\n    assertions: ["status == 200"]\n`,
    ['m.yaml:6:18 monitors[0].assertions[0]: cannot be asked of a monitor of type icmp'],
  ],
  [
    'a url where a host is wanted',
    `${HEAD}monitors:\n  - name: X\n    type: tcp\n    url: tcp://x:1\n`,
    ['m.yaml:5:10 monitors[0].url: is not used by tcp: give `host`'],
  ],
  [
    'no port',
    `${HEAD}monitors:\n  - name: X\n    type: tcp\n    host: x\n`,
    ['m.yaml:3:5 monitors[0].port: is required by tcp'],
  ],
  [
    'a port in the host',
    `${HEAD}monitors:\n  - name: X\n    type: icmp\n    host: x:80\n    port: 80\n`,
    ['m.yaml:6:11 monitors[0].port: is not used by icmp'],
  ],
  [
    'a port that is none',
    `${HEAD}monitors:\n  - name: X\n    type: tcp\n    host: x\n    port: 70000\n`,
    ['m.yaml:6:11 monitors[0].port: must be at most 65535, not 70000'],
  ],
  [
    'a port as text',
    `${HEAD}monitors:\n  - name: X\n    type: tcp\n    host: x\n    port: "443"\n`,
    ['m.yaml:6:11 monitors[0].port: must be a whole number, not "443"'],
  ],
  [
    'an http url for a websocket',
    `${HEAD}monitors:\n  - name: X\n    type: websocket\n    url: https://x\n`,
    ['m.yaml:5:10 monitors[0].url: "https://x" is not a ws or wss URL'],
  ],
  [
    'a heartbeat without its period',
    `${HEAD}monitors:\n  - name: X\n    type: heartbeat\n`,
    ['m.yaml:3:5 monitors[0].heartbeat: is required: say its `period`'],
  ],
  [
    'a heartbeat with a quorum',
    `${HEAD}monitors:\n  - name: X\n    type: heartbeat\n    heartbeat: {period: 1h}\n    quorum: 2\n`,
    ['m.yaml:6:13 monitors[0].quorum: is not used by heartbeat'],
  ],
  [
    'a record type that is none',
    `${HEAD}monitors:\n  - name: X\n    type: dns\n    host: x\n    dns: {recordType: AAA}\n`,
    [
      'm.yaml:6:23 monitors[0].dns.recordType: must be one of A, AAAA, CNAME, MX, TXT, NS, SOA, SRV, CAA, not "AAA"',
    ],
  ],
  [
    'labels that are numbers',
    `${SHOP}    labels: {tier: 2}\n`,
    ['m.yaml:5:20 monitors[0].labels.tier: must be text, not 2'],
  ],
  [
    'alerts as text',
    `${SHOP}    alerts: ops\n`,
    ['m.yaml:5:13 monitors[0].alerts: must be a list, not "ops"'],
  ],
  [
    'an alert that is text',
    `${SHOP}    alerts: [ops]\n`,
    ['m.yaml:5:14 monitors[0].alerts[0]: must be a map of keys, not "ops"'],
  ],
  [
    'a percentage above all',
    `${SHOP}    quorum: 120%\n`,
    [
      'm.yaml:5:13 monitors[0].quorum: "120%" is not a quorum. Write majority, all, any, a number (2), a share (2/3) or a percentage (60%).',
    ],
  ],
  [
    'confirm as a number',
    `${SHOP}    confirm: 3\n`,
    ['m.yaml:5:14 monitors[0].confirm: must be a map of keys, not 3'],
  ],
  [
    'an id with an underscore',
    `${SHOP}    id: my_shop\n`,
    [
      'm.yaml:5:9 monitors[0].id: must be 1 to 63 lower-case letters, digits and dashes, a dash neither first nor last, not "my_shop"',
    ],
  ],
  [
    'a token that is a number',
    `${SHOP}    http: { auth: { bearer: 12345 } }\n`,
    ['m.yaml:5:29 monitors[0].http.auth.bearer: must be text or a map of keys, not a number'],
  ],
  [
    'an interval of two days',
    `${SHOP}    interval: 2d\n`,
    ['m.yaml:5:15 monitors[0].interval: must be at most 1d'],
  ],
];
