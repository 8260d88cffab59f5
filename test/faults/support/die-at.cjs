// Loaded before a coordinator (`node --require`): at SIGUSR2 it reads { at, after } from TM_TEST_DIE_FILE,
// counts its statements from there, and dies by SIGKILL at number `at`: before it is sent, or (`after`)
// when the server has carried it out and before anything comes of that.
const { readFileSync } = require('node:fs');
const { Client } = require('pg');

let left = Infinity;
let dieAfter = false;
const { query } = Client.prototype;

Client.prototype.query = function counted(...args) {
  left -= 1;
  if (left !== 0) return query.apply(this, args);
  const die = () => process.kill(process.pid, 'SIGKILL');
  if (!dieAfter) die();
  if (typeof args.at(-1) === 'function') return query.call(this, ...args.slice(0, -1), die);
  return query.apply(this, args).finally(die);
};

process.on('SIGUSR2', () => {
  const point = JSON.parse(readFileSync(process.env.TM_TEST_DIE_FILE, 'utf8'));
  left = point.at;
  dieAfter = point.after;
});
