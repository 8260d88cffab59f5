/** Hosts that an agent without an allow-list must refuse. */

/** 127.0.0.1 as URLs may spell it (WHATWG URL, "ends in a number"). */
function loopbackSpellings(): string[] {
  const parts = ['127', '0x7f', '0177', '0x0000007f', '00000177', '0X7F'];
  const short = parts.flatMap((part) => [
    `${part}.1`,
    `${part}.0.1`,
    `${part}.0.0.1`,
    `${part}.0x0.0.01`,
    `${part}.0.0.0x1`,
  ]);
  const whole = [
    '2130706433',
    '0x7f000001',
    '017700000001',
    '0x7F000001',
    '127.1.',
    '127.0.0.1.',
    '127.000.000.001',
  ];
  const wide = [
    '127。0。0。1',
    '127.0.0.1',
    '①②⑦.⓪.⓪.①',
    '127%2e0%2e0%2e1',
    '%31%32%37.0.0.1',
    '127.0.0.2',
    '127.255.255.254',
    '127.127.127.127',
  ];
  return [...short, ...whole, ...wide];
}

/** An address in each base and with each number of parts that inet_aton(3) understands. */
function spellings(address: string): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  const whole = ((a * 256 + b) * 256 + c) * 256 + d;
  const hex = (n: number): string => `0x${n.toString(16)}`;
  const octal = (n: number): string => `0${n.toString(8)}`;
  return [hex, octal, String].flatMap((digits) => [
    [a, b, c, d].map(digits).join('.'),
    [a, b, c * 256 + d].map(digits).join('.'),
    [a, (b * 256 + c) * 256 + d].map(digits).join('.'),
    digits(whole),
  ]);
}

const IPV6_FORMS = [
  '::1',
  '0:0:0:0:0:0:0:1',
  '0000:0000:0000:0000:0000:0000:0000:0001',
  '::0001',
  '0::1',
  '::',
  '::0',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::FFFF:127.0.0.1',
  '0:0:0:0:0:ffff:7f00:0001',
  '::ffff:10.0.0.1',
  '::ffff:192.168.0.1',
  '::ffff:169.254.169.254',
  '::ffff:172.16.0.1',
  '::ffff:0.0.0.0',
  '::ffff:100.64.0.1',
  '::127.0.0.1',
  '::7f00:1',
  '::10.0.0.1',
  '::ffff:0:127.0.0.1',
  '::ffff:0:7f00:1',
  '64:ff9b::127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b::a00:1',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b::8.8.8.8',
  '64:ff9b:1::7f00:1',
  '64:ff9b:1:ffff::1',
  '2002:7f00:1::',
  '2002:7f00:1::1',
  '2002:a00:1::',
  '2002:c0a8:1::1',
  '2002:a9fe:a9fe::',
  '2002:808:808::',
  '2001::1',
  '2001:0:7f00:1::',
  '2001:0000:4136:e378:8000:63bf:3fff:fdd2',
  'fe80::1',
  'fe80::5efe:7f00:1',
  'febf::1',
  'fec0::1',
  'feff::1',
  'fc00::1',
  'fd00::1',
  'fd12:3456:789a::1',
  'fd00:ec2::254',
  'ff02::1',
  'ff01::1',
  'ff05::2',
  'ff0e::1',
  '100::1',
  '2001:db8::1',
  '2001:db8:ffff::',
  '2001:2::1',
  '2001:10::1',
  '2001:20::1',
  '3fff::1',
  '5f00::1',
  '4000::1',
  '8000::1',
  'e000::1',
  '1::1',
  '200::1',
  '400::1',
];

const IPV4_FORMS = [
  '0.0.0.0',
  '0.0.0.1',
  '0.1.2.3',
  '0',
  '0x0',
  '00',
  '10.0.0.1',
  '10.255.255.255',
  '10.1',
  '0xa.1',
  '012.1',
  '167772161',
  '0x0a000001',
  '172.16.0.1',
  '172.31.255.255',
  '172.16.1',
  '0xac.0x10.0.1',
  '192.168.0.1',
  '192.168.1',
  '0xc0.0xa8.0.1',
  '0300.0250.0.1',
  '3232235521',
  '0xc0a80001',
  '169.254.169.254',
  '169.254.1.1',
  '0xa9.0xfe.0xa9.0xfe',
  '0xa9fea9fe',
  '2852039166',
  '0251.0376.0251.0376',
  '169.254.43518',
  '100.64.0.1',
  '100.100.100.200',
  '100.127.255.255',
  '192.0.0.1',
  '192.0.0.192',
  '192.0.0.170',
  '192.0.2.1',
  '198.51.100.1',
  '203.0.113.1',
  '198.18.0.1',
  '198.19.255.255',
  '192.88.99.1',
  '192.31.196.1',
  '192.52.193.1',
  '192.175.48.1',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '250.1.2.3',
  '255.255.255.255',
  '0xffffffff',
  '4294967295',
];

const NAMES = [
  'localhost',
  'LOCALHOST',
  'localhost.',
  'a.localhost',
  'deep.a.localhost',
  'LocalHost.',
];

/** Forms that URLs do not have, but `host` of the other kinds may. */
export const HOST_ONLY = [
  '0x7f.1',
  '2130706433',
  '0177.0.0.1',
  '127.1',
  '::1',
  '::ffff:127.0.0.1',
  '10.1',
  '0',
  'localhost',
];

/** Every way we know to write an address that an agent may not touch. */
export const FORBIDDEN_HOSTS: readonly string[] = [
  ...loopbackSpellings(),
  ...['10.0.0.1', '172.16.0.1', '192.168.0.1', '169.254.169.254'].flatMap(spellings),
  ...IPV4_FORMS,
  ...IPV6_FORMS.map((address) => `[${address}]`),
  ...NAMES,
];
