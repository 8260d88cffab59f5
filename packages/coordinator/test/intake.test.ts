/** From bytes to rows: receipts only after COMMIT, and nothing from who may not. */
import { shardOf, type Receipt } from '@trustmonitor/protocol';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { THREE, testNetwork } from './support/network.ts';
import { until } from './support/until.ts';

const network = await testNetwork([
  ...THREE,
  { agent: 'ghost-1', region: 'ghost', group: 'ghosts', enrolled: false },
  { agent: 'old-1', region: 'old', group: 'old', revoked: true },
]);
await network.start();
const { api, sql } = network;
const [eu, us] = [network.agent('eu-1'), network.agent('us-1')];
beforeEach(() => network.showLogsOnFailure());

/** A job that `eu` has in hand; the other regions say nothing. */
async function jobOf(id: string) {
  await api.create(id, { regions: ['ap', 'eu', 'us'], timeout: '1s' });
  return eu.nextJob(id);
}

const batches = (digest: string) => sql.count('batch', "digest = decode($1, 'hex')", [digest]);
const results = (digest: string) => sql.count('result', "batch = decode($1, 'hex')", [digest]);

describe('a receipt', () => {
  test('comes only after COMMIT', async () => {
    const job = await jobOf('held-back');
    const release = await sql.lock('result');
    const sealed = eu.answer(job, 'up');
    // The transaction waits for the lock: the batch is there, decided about, and not committed.
    await until('the commit to wait', () =>
      sql.count(
        'pg_stat_activity',
        "wait_event_type = 'Lock' and query like '%insert into result%'",
      ),
    );
    // What was sent before is handled before: an answer now means that nothing else is coming.
    await eu.beat();
    expect(eu.receiptsOf(sealed.digest)).toEqual([]);
    expect(await batches(sealed.digest)).toBe(0);
    await release();
    expect(await eu.receiptOf(sealed)).toEqual({
      v: 1,
      agent: 'eu-1',
      seq: sealed.seq,
      batch: sealed.digest,
      status: 'committed',
      reason: '',
    } satisfies Receipt);
    expect(await results(sealed.digest)).toBe(1);
  });

  test('comes again when the batch does, and the rows stay one', async () => {
    const job = await jobOf('resent');
    const sealed = eu.answer(job, 'up');
    for (const nth of [1, 2, 3]) {
      expect(await eu.receiptOf(sealed, nth)).toMatchObject({ status: 'committed' });
      eu.publish(sealed.message, shardOf('resent'));
    }
    await eu.receiptOf(sealed, 4);
    expect(await batches(sealed.digest)).toBe(1);
    expect(await sql.count('result', 'round = $1 and counted', [job.round])).toBe(1);
  });

  test('is given for results of many monitors at once', async () => {
    const job = await jobOf('many');
    const many = Array.from({ length: 500 }, (_, i) =>
      eu.resultOf(job, { monitor: `unknown-${i}`, attempt: 1 + (i % 16), round: roundNumber(i) }),
    );
    const sealed = eu.send(...many);
    await eu.receiptOf(sealed);
    expect(await results(sealed.digest)).toBe(500);
  });
});

describe('refused, with a receipt that says why, and not stored', () => {
  const refusal = async (digest: string, agent = eu): Promise<string> => {
    const receipt = await agent.receiptOf({ digest });
    expect(receipt.status).toBe('refused');
    expect(await batches(digest)).toBe(0);
    expect(await results(digest)).toBe(0);
    return receipt.reason;
  };

  test('a signature that does not verify', async () => {
    const job = await jobOf('forged');
    const sealed = eu.seal([eu.resultOf(job)]);
    const text = new TextDecoder().decode(sealed.message);
    const sig = /"sig":"(..)/.exec(text)![1]!;
    const forged = text.replace(`"sig":"${sig}`, `"sig":"${sig === 'AA' ? 'BB' : 'AA'}`);
    eu.publish(new TextEncoder().encode(forged));
    expect(await refusal(sealed.digest)).toContain('signature.invalid');
  });

  test('results that are not those that were signed', async () => {
    const job = await jobOf('swapped');
    const sealed = eu.seal([eu.resultOf(job, { outcome: 'up' })]);
    const swapped = new TextDecoder()
      .decode(sealed.message)
      .replace('"outcome":"up"', '"outcome":"down"');
    eu.publish(new TextEncoder().encode(swapped));
    expect(await refusal(sealed.digest)).toContain('batch.invalid');
  });

  test("a batch signed with another agent's key", async () => {
    const job = await jobOf('other-key');
    const sealed = eu.seal([eu.resultOf(job)], { signer: us.keys.signer });
    eu.publish(sealed.message);
    expect(await refusal(sealed.digest)).toContain('batch.invalid');
  });

  test("another agent's batch under its own subject", async () => {
    const job = await jobOf('moved');
    const sealed = us.seal([us.resultOf(job)]);
    eu.publish(sealed.message);
    expect(await refusal(sealed.digest)).toContain('us-1');
    // The rightful sender is not harmed.
    us.publish(sealed.message);
    expect(await us.receiptOf(sealed)).toMatchObject({ status: 'committed' });
  });

  test('a result that names another agent, region or network', async () => {
    const job = await jobOf('named');
    for (const lie of [{ agent: 'us-1' }, { region: 'us' }, { network: 'other' }]) {
      const sealed = eu.send(eu.resultOf(job, lie));
      expect(await refusal(sealed.digest)).toContain('batch.invalid');
    }
  });

  test('a batch of another network', async () => {
    const job = await jobOf('network');
    const sealed = eu.seal([eu.resultOf(job)], { network: 'other' });
    eu.publish(sealed.message);
    expect(await refusal(sealed.digest)).toContain('other');
  });

  test('a batch of before its key was valid: the agent hears that it is its clock, and goes on', async () => {
    const job = await jobOf('long-ago');
    const early = eu.seal([eu.resultOf(job)], { sealedAtMs: 0 });
    eu.publish(early.message);
    expect(await refusal(early.digest)).toMatch(/^batch\.time: key .* was not valid at 1970-/);
    expect(await eu.receiptOf(eu.answer(job, 'up'))).toMatchObject({ status: 'committed' });
  });

  test('a batch by a key that is revoked', async () => {
    const old = network.agent('old-1');
    const job = await jobOf('revoked');
    const sealed = old.send(old.resultOf(job));
    expect(await refusal(sealed.digest, old)).toContain('revoked');
  });
});

describe('left unanswered', () => {
  test('a batch by a key that is not known yet: it stays in the spool', async () => {
    const ghost = network.agent('ghost-1');
    const job = await jobOf('ghostly');
    const sealed = ghost.send(ghost.resultOf(job));
    const stranger = eu.seal([eu.resultOf(job)], { signer: network.keys.stranger });
    eu.publish(stranger.message);
    const after = eu.answer(job, 'up');
    await eu.receiptOf(after);
    expect(ghost.receipts).toEqual([]);
    expect(eu.receiptsOf(stranger.digest)).toEqual([]);
    expect((await batches(sealed.digest)) + (await batches(stranger.digest))).toBe(0);
  });

  test('what a newer agent says: it is kept there until the coordinator understands it', async () => {
    const job = await jobOf('newer');
    const newer = eu.send({ ...eu.resultOf(job), v: 2 } as never);
    expect(await eu.receiptOf(eu.answer(job, 'up'))).toMatchObject({ status: 'committed' });
    expect(eu.receiptsOf(newer.digest)).toEqual([]);
  });

  test("a batch on another agent's subject: the broker lets nobody publish there", async () => {
    const job = await jobOf('foreign-subject');
    const sealed = us.seal([us.resultOf(job)]);
    eu.publishRaw(us.resultSubject, sealed.message);
    await eu.receiptOf(eu.answer(job, 'up'));
    expect(await batches(sealed.digest)).toBe(0);
    expect(us.receiptsOf(sealed.digest)).toEqual([]);
  });
});

const SEED = Number(process.env['TM_TEST_SEED'] ?? Date.now());

/** `TM_FUZZ_MESSAGES=30000` for more of them. */
const MESSAGES = Number(process.env['TM_FUZZ_MESSAGES'] ?? 2_000);
/** Fewer than may wait of one agent, and then more than may. */
const AT_ONCE = 200;
const FLOOD = 600;
test(
  `${MESSAGES} random and mutated messages change nothing, and it works on (seed ${SEED})`,
  async () => {
    const job = await jobOf('fuzzed');
    const real = eu.seal([eu.resultOf(job), eu.resultOf(job, { attempt: 2 })]).message;
    const beat = new TextEncoder().encode(JSON.stringify(eu.beatOf()));
    const before = await state();
    const beatSubject = `tm.v1.beat.eu.eu-1`;
    const publish = async (from: number, count: number): Promise<void> => {
      const options = { numRuns: count, seed: SEED + from };
      for (const [i, message] of fc.sample(mutated([real, beat]), options).entries()) {
        eu.publishRaw(i % 3 === 0 ? beatSubject : eu.resultSubject, message);
      }
      // The real broker has a limit on what may be under way.
      await eu.bus.flush();
    };
    for (let sent = 0; sent < MESSAGES; sent += AT_ONCE) {
      await publish(sent, AT_ONCE);
      // What is refused changes nothing either; by its receipt all before it was read, and not turned
      // away unread. It is sent until it has one, as agents do: a connection may end meanwhile.
      const { digest, message } = eu.seal([eu.resultOf(job, { network: 'other' })]);
      const receipt = await until(`${sent + AT_ONCE} messages to be read`, () => {
        eu.publish(message);
        return eu.receiptsOf(digest)[0];
      });
      expect(receipt.status).toBe('refused');
    }
    await publish(MESSAGES, FLOOD);
    // At once, though the one that floods has filled its part of what may wait.
    const receipt = await us.receiptOf(us.answer(job, 'up'), 1);
    expect(receipt.status).toBe('committed');
    expect(await state()).toEqual({
      ...before,
      result: before.result + 1,
      batch: before.batch + 1,
    });
    expect((await api.call('GET', '/readyz')).status).toBe(200);

    async function state() {
      const [result, batch, incident] = await Promise.all(
        ['result', 'batch', 'incident'].map((table) => sql.count(table)),
      );
      return { result: result!, batch: batch!, incident: incident! };
    }
  },
  60_000 + 3 * MESSAGES,
);

test('a heartbeat that no column takes does not keep the others from being written', async () => {
  await us.beat({ startedAt: '2026-99-99T99:99:99.999Z', version: 'a\u0000b' });
  await network.agent('ap-1').beat({ skewMs: 1e300 });
  await eu.beat({ version: '1.2.3' });
  await network.agent('ghost-1').beat();
  await network.restart();
  const rows = await sql.rows<{ agent: string; version: string }>(
    'select agent, version from agent_status order by agent',
  );
  expect(rows).toEqual([{ agent: 'eu-1', version: '1.2.3' }]);
});

/** Random bytes, and real messages with bytes changed, cut, doubled or swapped. */
function mutated(reals: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const real = fc.constantFrom(...reals);
  const edit = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }));
  return fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.json().map((text) => new TextEncoder().encode(text)),
    // A change of one byte: none of them may pass for the real one.
    fc.tuple(real, edit).map(([bytes, [at, by]]) => {
      const changed = Uint8Array.from(bytes);
      changed[at % bytes.length]! ^= by;
      return changed;
    }),
    fc.tuple(real, fc.nat()).map(([bytes, at]) => bytes.slice(0, at % bytes.length)),
    real.map((bytes) => Uint8Array.from([...bytes, ...bytes])),
  );
}

function roundNumber(i: number): string {
  return `01900000-0000-7000-8000-${i.toString(16).padStart(12, '0')}`;
}
