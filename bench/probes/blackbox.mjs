// Prometheus' blackbox_exporter: found or fetched, started, and scraped.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { measureLoop, warmUp } from './loop.mjs';

const run = promisify(execFile);
const BINARY = 'prometheus-blackbox-exporter';
const CACHE = new URL('../../.cache/blackbox/', import.meta.url).pathname;

/** On PATH, in the cache, or unpacked (not installed) from Debian's archive; null if none works. */
export async function findBlackbox() {
  const cached = path.join(CACHE, 'usr/bin', BINARY);
  const places = [
    ...(process.env.PATH ?? '').split(':').map((folder) => path.join(folder, BINARY)),
    cached,
  ];
  for (const place of places) if (await exists(place)) return place;
  try {
    await mkdir(CACHE, { recursive: true });
    await run('apt-get', ['download', BINARY], { cwd: CACHE });
    const archive = (await readdir(CACHE)).find((name) => name.endsWith('.deb'));
    await run('dpkg', ['-x', path.join(CACHE, archive), CACHE]);
    return (await exists(cached)) ? cached : null;
  } catch {
    return null;
  }
}

/** One core, as every other engine has, and the cost of its whole process. */
export async function measureBlackbox(binary, job) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'blackbox-'));
  const child = await start(binary, folder, job.ca);
  try {
    const probe = () => scrape(child.port, job.url);
    await warmUp(probe, job);
    const before = await cpuMs(child.pid);
    const result = await measureLoop(probe, job);
    const cpuMsPer1000 = (((await cpuMs(child.pid)) - before) * 1_000) / result.probes;
    return { ...result, cpuMsPer1000, rssMb: await rssMb(child.pid) };
  } finally {
    child.kill();
    await rm(folder, { recursive: true });
  }
}

async function start(binary, folder, ca) {
  const port = await freePort();
  const caFile = path.join(folder, 'ca.pem');
  const config = path.join(folder, 'config.yml');
  await writeFile(caFile, ca);
  await writeFile(
    config,
    `modules: { http: { prober: http, timeout: 10s, http: { tls_config: { ca_file: ${caFile} } } } }\n`,
  );
  const child = spawn(
    binary,
    [`--config.file=${config}`, `--web.listen-address=127.0.0.1:${port}`],
    {
      env: { ...process.env, GOMAXPROCS: '1' },
      stdio: 'ignore',
    },
  );
  while (
    !(await scrape(port, 'http://127.0.0.1:1/').catch(() => null)) &&
    child.exitCode === null
  ) {
    if (await answers(port)) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return Object.assign(child, { port });
}

const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });

function scrape(port, url) {
  return new Promise((resolve) => {
    const request = http.get(
      {
        agent,
        port,
        host: '127.0.0.1',
        path: `/probe?module=http&target=${encodeURIComponent(url)}`,
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (data) => (text += data));
        response.on('end', () => resolve(text.includes('probe_success 1')));
      },
    );
    request.on('error', () => resolve(false));
  });
}

function answers(port) {
  return new Promise((resolve) => {
    const request = http.get({ port, host: '127.0.0.1', path: '/' }, (response) => {
      response.resume();
      resolve(true);
    });
    request.on('error', () => resolve(false));
  });
}

/** User and system time in clock ticks of 10 ms: fields 14 and 15 of proc(5). */
async function cpuMs(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function rssMb(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_000;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function exists(file) {
  return access(file).then(
    () => true,
    () => false,
  );
}
