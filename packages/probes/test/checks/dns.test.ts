import { freePort } from '@trustmonitor/testkit/targets';
import type { Answer } from 'dns-packet';
import { describe, expect, it } from 'vitest';
import { startDnsServer } from '../support/dns-server.ts';
import { type Monitored, probeAt, using, wordFor } from '../support/probing.ts';

describe('dns', () => {
  const records: Record<string, Answer> = {
    A: { type: 'A', name: 'n.test', data: '192.0.2.7' },
    AAAA: { type: 'AAAA', name: 'n.test', data: '2001:db8::7' },
    CNAME: { type: 'CNAME', name: 'n.test', data: 'alias.test' },
    MX: { type: 'MX', name: 'n.test', data: { preference: 10, exchange: 'mail.test' } },
    TXT: { type: 'TXT', name: 'n.test', data: ['v=spf1 ', '-all'] },
    NS: { type: 'NS', name: 'n.test', data: 'ns.test' },
    SOA: {
      type: 'SOA',
      name: 'n.test',
      data: {
        mname: 'ns.test',
        rname: 'root.test',
        serial: 7,
        refresh: 1,
        retry: 2,
        expire: 3,
        minimum: 4,
      },
    },
    SRV: {
      type: 'SRV',
      name: 'n.test',
      data: { priority: 1, weight: 2, port: 443, target: 'srv.test' },
    },
    CAA: { type: 'CAA', name: 'n.test', data: { flags: 0, tag: 'issue', value: 'ca.test' } },
  };
  const presented: Record<string, string> = {
    A: '192.0.2.7',
    AAAA: '2001:db8::7',
    CNAME: 'alias.test',
    MX: '10 mail.test',
    TXT: 'v=spf1 -all',
    NS: 'ns.test',
    SOA: 'ns.test root.test 7 1 2 3 4',
    SRV: '1 2 443 srv.test',
    CAA: '0 issue "ca.test"',
  };
  const query = (
    server: string,
    more: Partial<Monitored['dns']> = {},
    rest: Partial<Monitored> = {},
  ): Monitored => ({
    type: 'dns',
    host: 'n.test',
    dns: { server, ...more },
    ...rest,
  });

  it.each(Object.keys(records))('asks for %s', async (type) => {
    const server = await using(startDnsServer(() => ({ answers: [records[type]!] })));
    const assertions = [
      `dns.answers contains ${JSON.stringify(presented[type])}`,
      'dns.count == 1',
      'dns.rcode == NOERROR',
    ];
    const attempt = await probeAt(
      query(server.address, { recordType: type as 'A' }, { assertions }),
    );
    expect(attempt.failure).toBeNull();
    expect(attempt.response?.dns).toMatchObject({
      transport: 'udp',
      authoritative: true,
      answers: [presented[type]],
    });
  });

  it('turns to TCP for a truncated answer, or when told to', async () => {
    const server = await using(
      startDnsServer((_question, transport) =>
        transport === 'udp' ? { truncated: true } : { answers: [records['A']!] },
      ),
    );
    for (const transport of ['auto', 'tcp'] as const) {
      const attempt = await probeAt(query(server.address, { transport }));
      expect(attempt.failure, transport).toBeNull();
      expect(attempt.response?.dns?.transport).toBe('tcp');
    }
  });

  it.each([
    [{ rcode: 3 }, 'dns_nxdomain'],
    [{ rcode: 2 }, 'dns_failure'],
    [{}, 'dns_failure'],
    [{ raw: Buffer.from('x') }, 'protocol_error'],
  ] as const)('%j is %s', async (reply, expected) => {
    const server = await using(startDnsServer(() => reply));
    expect(wordFor(await probeAt(query(server.address)))).toBe(expected);
  });

  it('can be asked to expect that a name does not exist', async () => {
    const server = await using(startDnsServer(() => ({ rcode: 3 })));
    expect(
      wordFor(await probeAt(query(server.address, {}, { assertions: ['dns.rcode == NXDOMAIN'] }))),
    ).toBe('up');
  });

  it('does not believe answers to other questions', async () => {
    const server = await using(startDnsServer(() => ({ answers: [records['A']!], foreign: true })));
    expect(wordFor(await probeAt(query(server.address), { withinMs: 500 }))).toBe('dns_timeout');
  });

  it('asks again when an answer is lost', async () => {
    let asked = 0;
    const server = await using(
      startDnsServer(() => (asked++ === 0 ? null : { answers: [records['A']!] })),
    );
    expect(wordFor(await probeAt(query(server.address)))).toBe('up');
    expect(asked).toBe(2);
  });

  it('notices a server that is not there', async () => {
    const server = `127.0.0.1:${await freePort()}`;
    expect(['connect_refused', 'dns_timeout']).toContain(
      wordFor(await probeAt(query(server), { withinMs: 500 })),
    );
    expect(wordFor(await probeAt(query(server, { transport: 'tcp' })))).toBe('connect_refused');
  });
});
