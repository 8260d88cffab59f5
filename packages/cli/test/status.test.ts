import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EXIT } from '../src/exit.ts';
import { LOST_REGION, fakeApi, type Asked } from './fake-api.ts';
import { scratchFolder, tm } from './harness.ts';

describe('status', () => {
  test('fails when the coordinator cannot do its job', async () => {
    const checks = [{ name: 'database', ok: false, detail: 'gone' }];
    const answer = () => ({ status: 503, body: { status: 'failing', checks } });
    const ran = await tm(['status'], {
      env: { TM_URL: (await fakeApi(answer)).url, TM_TOKEN: 't' },
    });
    expect(ran).toMatchObject({ code: EXIT.failed, stdout: 'database  failing: gone\n' });
  });

  test('tells of each coordinator of the local stack, and of what fails', async () => {
    const checks = [{ name: 'lease', ok: true, detail: 'decides about 8 of 16 shards' }];
    const listOf = (url: string) => (url.startsWith('/v1/notices') ? [LOST_REGION] : []);
    const answerTo = ({ url }: Asked) => ({
      body: url === '/readyz' ? { status: 'ok', checks } : { data: listOf(url), nextCursor: null },
    });
    const { url } = await fakeApi(answerTo);
    const data = await scratchFolder();
    // Nothing listens on port 1.
    const coordinators = [
      { url, pid: 11 },
      { url: 'http://127.0.0.1:1', pid: 12 },
    ];
    // Whichever of them is down, the other is asked for the rest.
    for (const order of [coordinators, coordinators.toReversed()]) {
      const [first] = order;
      const stack = { apiUrl: first?.url, coordinators: order, natsUrl: '', pids: {}, demo: null };
      await writeFile(join(data, 'stack.json'), JSON.stringify(stack));
      await writeFile(join(data, 'admin.token'), 'local-token');
      const ran = await tm(['status', '--data', data]);
      expect(ran.code, ran.stderr).toBe(EXIT.ok);
      expect(ran.stdout).toMatch(/http:\S+ \(process 11\): decides about 8 of 16 shards\n/);
      expect(ran.stdout).toMatch(
        /1:1 \(process 12\): does not answer\n[^]*failing +No agent in eu/,
      );
    }
  });
});
