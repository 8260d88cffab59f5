// How both parts of the bench print what they have measured.

export const table = (cells) => console.log(`| ${cells.join(' | ')} |`);

/** Share of `trials` that were seen, and the middle one of `delays`, in rounds. Sorts `delays`. */
export function seen(delays, trials) {
  const share = `${Math.round((100 * delays.length) / trials)} %`;
  const middle = delays.sort((a, b) => a - b)[Math.floor(delays.length / 2)];
  return middle === undefined ? share : `${share} / ${middle}`;
}
