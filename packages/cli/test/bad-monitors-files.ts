/** Monitors files that are refused: what is written, and every line that is said about it. */

export const HEAD = 'apiVersion: trustmonitor/v1\n';
/** Three lines of a sound monitor; what a case adds begins in line 5. */
export const SHOP = `${HEAD}monitors:\n  - name: Shop\n    url: https://shop.example\n`;

const DURATION_HINT =
  'Write a number and a unit: 500ms, 30s, 1m30s, 2h, 7d. A bare number is seconds.';
const QUORUM_HINT = 'Write majority, all, any, a number (2), a share (2/3) or a percentage (60%).';
const SLUG = 'must be 1 to 63 lower-case letters, digits and dashes, a dash neither first nor last';

export const BAD_FILES: readonly [name: string, text: string, said: readonly string[]][] = [
  ['an empty file', '', ['m.yaml:1:1 is empty']],
  ['a comment', '# nothing\n', ['m.yaml:1:1 is empty']],
  [
    'text',
    'hello\n',
    [
      'm.yaml:1:1 must be a map with the keys apiVersion, owner, defaults, regions, notifications, routing, slos, maintenance, monitors',
    ],
  ],
  [
    'a list',
    '- a\n',
    [
      'm.yaml:1:1 must be a map with the keys apiVersion, owner, defaults, regions, notifications, routing, slos, maintenance, monitors',
    ],
  ],
  [
    'an open bracket',
    `${SHOP}    regions: [a\n`,
    [
      'm.yaml:6:1 not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
  ],
  [
    'a tab',
    `${HEAD}monitors:\n\t- name: x\n`,
    ['m.yaml:3:1 not valid YAML: Tabs are not allowed as indentation'],
  ],
  [
    'a second colon',
    `${SHOP}    runbook: a: b\n`,
    ['m.yaml:5:14 not valid YAML: Nested mappings are not allowed in compact mappings'],
  ],
  [
    'an open quote',
    `${SHOP}    runbook: "x\n`,
    ['m.yaml:6:1 not valid YAML: Missing closing "quote'],
  ],
  [
    'a key twice',
    `${SHOP}    interval: 5s\n    interval: 6s\n`,
    ['m.yaml:6:5 monitors[0].interval: is given twice; the first is in line 5'],
  ],
  [
    'a section twice',
    `${SHOP}monitors: []\n`,
    ['m.yaml:5:1 monitors: is given twice; the first is in line 2'],
  ],
  [
    'two documents',
    `${SHOP}---\nb: 1\n`,
    ['m.yaml:5:1 a second YAML document; write one per file'],
  ],
  [
    'an alias without its anchor',
    `${SHOP}    regions: *r\n`,
    ['m.yaml:5:14 monitors[0].regions: no anchor &r stands before the alias *r'],
  ],
  [
    'a merge key',
    `${HEAD}monitors:\n  - &b {name: a, url: http://a}\n  - <<: *b\n    name: c\n`,
    [
      'm.yaml:4:5 monitors[1].<<: merge keys are not read; put what monitors share under "defaults"',
    ],
  ],
  [
    'no version',
    'monitors:\n  - name: x\n    url: http://x\n',
    ['m.yaml:1:1 apiVersion: is required; write "apiVersion: trustmonitor/v1" first'],
  ],
  [
    'another version',
    SHOP.replace('v1', 'v2'),
    ['m.yaml:1:13 apiVersion: must be trustmonitor/v1, the only version there is'],
  ],
  [
    'a misspelt section',
    `${SHOP}montors: []\n`,
    ['m.yaml:5:1 montors: is not a known field, did you mean "monitors"?'],
  ],
  [
    'an unheard-of section',
    `${SHOP}zzz: []\n`,
    [
      'm.yaml:5:1 zzz: is not a known field; known here: apiVersion, defaults, maintenance, monitors, notifications, owner, regions, routing, slos',
    ],
  ],
  [
    'a misspelt key',
    `${SHOP}    intervall: 5s\n`,
    ['m.yaml:5:5 monitors[0].intervall: is not a known field, did you mean "interval"?'],
  ],
  [
    'a key in another spelling',
    `${SHOP}    expectedStatus: 200\n`,
    [
      'm.yaml:5:5 monitors[0].expectedStatus: is not a known field, did you mean "expected_status"?',
    ],
  ],
  [
    'a misspelt key further in',
    `${SHOP}    confirm: {rouns: 2}\n`,
    ['m.yaml:5:15 monitors[0].confirm.rouns: is not a known field, did you mean "rounds"?'],
  ],
  [
    'a misspelt key inside a union',
    `${SHOP}    http: {headers: {authorization: {secrt: abc}}}\n`,
    [
      'm.yaml:5:38 monitors[0].http.headers.authorization.secrt: is not a known field, did you mean "secret"?',
    ],
  ],
  [
    'monitors that are no list',
    `${HEAD}monitors:\n  name: x\n`,
    ['m.yaml:3:3 monitors: must be a list, each item after a dash'],
  ],
  [
    'a monitor that is text',
    `${HEAD}monitors:\n  - https://x\n`,
    ['m.yaml:3:5 monitors[0]: must be a map of keys, not "https://x"'],
  ],
  [
    'no name',
    `${HEAD}monitors:\n  - url: https://x\n`,
    ['m.yaml:3:5 monitors[0].name: is required'],
  ],
  [
    'a misspelt name, which is not reported as missing too',
    `${HEAD}monitors:\n  - nme: x\n    url: https://x\n`,
    ['m.yaml:3:5 monitors[0].nme: is not a known field, did you mean "name"?'],
  ],
  [
    'no url',
    `${HEAD}monitors:\n  - name: x\n`,
    ['m.yaml:3:5 monitors[0].url: is required by http'],
  ],
  [
    'an empty name',
    `${HEAD}monitors:\n  - name: ""\n    url: http://x\n`,
    ['m.yaml:3:11 monitors[0].name: must not be empty'],
  ],
  [
    'a name without a value',
    `${HEAD}monitors:\n  - name:\n    url: http://x\n`,
    ['m.yaml:3:5 monitors[0].name: must be text, not empty'],
  ],
  [
    'a name that makes no id',
    `${HEAD}monitors:\n  - name: "???"\n    url: http://x\n`,
    [
      'm.yaml:3:5 monitors[0].id: no id can be made from the name "???". Give it an `id` of lower-case letters, digits and dashes.',
    ],
  ],
  [
    'a url without a scheme',
    `${HEAD}monitors:\n  - name: x\n    url: shop.example\n`,
    ['m.yaml:4:10 monitors[0].url: "shop.example" is not an http or https URL'],
  ],
  [
    'no duration',
    `${SHOP}    interval: 5 minutes\n`,
    [`m.yaml:5:15 monitors[0].interval: "5 minutes" is not a duration. ${DURATION_HINT}`],
  ],
  [
    'a list for a duration',
    `${SHOP}    interval: [5]\n`,
    [
      'm.yaml:5:15 monitors[0].interval: must be a number and a unit (500ms, 30s, 1m30s); a bare number is seconds; found a list',
    ],
  ],
  [
    'an interval that is too short',
    `${SHOP}    interval: 500ms\n`,
    ['m.yaml:5:15 monitors[0].interval: must be at least 1s'],
  ],
  [
    'a timeout longer than the interval',
    `${SHOP}    interval: 5s\n    timeout: 10s\n`,
    ['m.yaml:6:14 monitors[0].timeout: must not be longer than the interval'],
  ],
  [
    'a timeout from the defaults that one monitor cannot have',
    `${SHOP}    interval: 5s\ndefaults: {timeout: 20s}\n`,
    [
      'm.yaml:3:5 monitors[0].timeout: must not be longer than the interval (it comes from defaults)',
    ],
  ],
  [
    'a quorum above one',
    `${SHOP}    quorum: 5/3\n`,
    [`m.yaml:5:13 monitors[0].quorum: "5/3" is not a quorum. ${QUORUM_HINT}`],
  ],
  [
    'a quorum of none',
    `${SHOP}    quorum: 0\n`,
    ['m.yaml:5:13 monitors[0].quorum: must be at least 1, not 0'],
  ],
  [
    'an unknown mode',
    `${SHOP}    mode: rotating\n`,
    ['m.yaml:5:11 monitors[0].mode: must be one of rotate, all, not "rotating"'],
  ],
  [
    'too many retries',
    `${SHOP}    retries: 9\n`,
    ['m.yaml:5:14 monitors[0].retries: must be at most 5, not 9'],
  ],
  [
    'retries in words',
    `${SHOP}    retries: many\n`,
    ['m.yaml:5:14 monitors[0].retries: must be a whole number, not "many"'],
  ],
  [
    'yes, which YAML 1.2 reads as text',
    `${SHOP}    enabled: yes\n`,
    ['m.yaml:5:14 monitors[0].enabled: must be true or false, not "yes"'],
  ],
  [
    'no regions',
    `${SHOP}    regions: []\n`,
    ['m.yaml:5:14 monitors[0].regions: must not be an empty list'],
  ],
  [
    'a region that is no list',
    `${SHOP}    regions: eu-west\n`,
    ['m.yaml:5:14 monitors[0].regions: must be a list, not "eu-west"'],
  ],
  [
    'a region that nobody can have',
    `${SHOP}    regions: [eu-west, EU West]\n`,
    [
      'm.yaml:5:24 monitors[0].regions[1]: must be a region, or a pattern such as eu-*, of lower-case letters, digits and dashes, not "EU West"',
    ],
  ],
  [
    'an id with spaces',
    `${SHOP}    id: My Shop\n`,
    [`m.yaml:5:9 monitors[0].id: ${SLUG}, not "My Shop"`],
  ],
  [
    'an unknown type',
    `${SHOP}    type: htp\n`,
    [
      'm.yaml:5:11 monitors[0].type: must be one of http, tcp, tls, dns, icmp, grpc, websocket, smtp, heartbeat, not "htp"',
    ],
  ],
  [
    'a block of another type',
    `${SHOP}    dns: {recordType: A}\n`,
    ['m.yaml:5:10 monitors[0].dns: is not used by a monitor of type http'],
  ],
  [
    'assertions that are no list',
    `${SHOP}    assertions: {status: 200}\n`,
    ['m.yaml:5:17 monitors[0].assertions: must be a list, not a map of keys'],
  ],
  [
    'an assertion that is a number',
    `${SHOP}    assertions: ["status < 400", 5]\n`,
    ['m.yaml:5:34 monitors[0].assertions[1]: must be text or a map of keys, not 5'],
  ],
  [
    'a credential of the wrong kind, which is not repeated',
    `${SHOP}    http: {headers: {authorization: 12345}}\n`,
    [
      'm.yaml:5:37 monitors[0].http.headers.authorization: must be text or a map of keys, not a number',
    ],
  ],
  [
    'a channel of a type that is none',
    `${SHOP}notifications:\n  - id: ops\n    type: pigeon\n    url: x\n`,
    [
      'm.yaml:7:11 notifications[0].type: must be one of webhook, slack, pagerduty, email, telegram, discord, teams, ntfy, opsgenie, alertmanager, apprise, not "pigeon"',
    ],
  ],
  [
    'a channel with the keys of another kind, whose secret is not repeated',
    `${SHOP}notifications:\n  - id: ops\n    type: slack\n    url: hooks.slack.com/T0\n    routingKey: abc\n`,
    [
      'm.yaml:8:10 notifications[0].url: must start with http:// or https://, not text',
      'm.yaml:9:5 notifications[0].routingKey: is not a known field; known here: id, type, url',
    ],
  ],
  [
    'a channel whose fields do not go together',
    `${SHOP}notifications:\n  - id: ops\n    type: email\n    host: mail.example\n    from: a@b.example\n    to: [c@d.example]\n    username: me\n`,
    ['m.yaml:6:5 notifications[0].password: is required: username and password go together'],
  ],
  [
    'defaults with faults of their own',
    `${SHOP}defaults:\n  timeout: soon\n  quorm: 2\n`,
    [
      `m.yaml:6:12 defaults.timeout: "soon" is not a duration. ${DURATION_HINT}`,
      'm.yaml:7:3 defaults.quorm: is not a known field, did you mean "quorum"?',
    ],
  ],
  [
    'a variable that is not set',
    `${SHOP}    runbook: \${NO_SUCH}\n`,
    [
      'm.yaml:5:14 monitors[0].runbook: the environment has no NO_SUCH; set it or NO_SUCH_FILE, or write ${NO_SUCH:-a default}',
    ],
  ],
  [
    'nothing to apply',
    `${HEAD}monitors: []\n`,
    ['m.yaml:2:11 monitors: is missing or empty: there is nothing to apply'],
  ],
];
