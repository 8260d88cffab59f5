// Loaded before a process (`node --require`): its wall clock jumps by TM_TEST_CLOCK_JUMP_MS at SIGUSR2,
// and back at the next. The monotonic clock, which nobody can set, goes on as it is.
const Real = Date;
const jumpMs = Number(process.env.TM_TEST_CLOCK_JUMP_MS);
let offMs = 0;
let hasJumped = false;

globalThis.Date = class extends Real {
  constructor(...args) {
    if (args.length === 0) super(Real.now() + offMs);
    else super(...args);
  }

  static now() {
    return Real.now() + offMs;
  }
};

process.on('SIGUSR2', () => {
  offMs += hasJumped ? -jumpMs : jumpMs;
  hasJumped = !hasJumped;
});
