import type pg from 'pg';
import { asAdmin, urlOf } from './admin.ts';
import type { TestServer } from './provided.ts';

/** A database that is prepared once per run and then copied, which takes a few milliseconds. */
export interface DatabaseTemplate {
  /** Lower-case letters, digits and `_`; two templates of one name are the same template. */
  readonly name: string;
  /** Prepares the empty database at this URL; must close its connections. */
  readonly migrate: (url: string) => Promise<void>;
}

/** Any fixed number; the lock makes the files of a run, in their own processes, take turns. */
const TEMPLATE_LOCK = 7_461_001;

/** Makes the template's database unless this run has it already, and returns its name. */
export async function ensureTemplate(
  server: TestServer,
  template: DatabaseTemplate,
): Promise<string> {
  const name = `${server.runId}_${template.name}`;
  await asAdmin(server.url, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]); // Freed by disconnecting.
    if (!(await exists(client, name))) await build(client, server, template, name);
  });
  return name;
}

/** Migrates under another name, so that a failed migration leaves no half template. */
async function build(
  client: pg.Client,
  server: TestServer,
  template: DatabaseTemplate,
  name: string,
): Promise<void> {
  const draft = `${name}_draft`;
  await client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(draft)} WITH (FORCE)`);
  await client.query(`CREATE DATABASE ${client.escapeIdentifier(draft)} TEMPLATE template0`);
  await template.migrate(urlOf(server.url, draft));
  await client.query(
    `ALTER DATABASE ${client.escapeIdentifier(draft)} RENAME TO ${client.escapeIdentifier(name)}`,
  );
}

async function exists(client: pg.Client, name: string): Promise<boolean> {
  const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
  return found.rowCount === 1;
}
