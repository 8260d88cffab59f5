// Started by postgres.test.ts as a process of its own: starts PostgreSQL, says where and waits.
import { startPostgres } from '../dist/index.js';

const [dataDirectory] = process.argv.slice(2);
const server = await startPostgres({ dataDirectory, durability: 'none', log: () => {} });
process.stdout.write(JSON.stringify({ pid: server.pid, url: server.url }));
process.once('SIGTERM', () => void server.stop());
