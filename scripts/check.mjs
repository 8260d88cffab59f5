// `npm run check`: the fast gate for a change, with results kept while nothing changes.
import { bootstrap } from './bootstrap.mjs';
import { GATES, runCached, runGates } from './gates.mjs';
import { runMain } from './steps.mjs';

await runMain(async () => {
  await bootstrap();
  const { failed } = await runGates([...GATES, 'test:unit'], runCached);
  return failed === 0 ? 0 : 1;
});
