/** What the log and its witnesses are called in signed notes: names without schema, as C2SP asks. */

/** Origin of the network's log. */
export const logOrigin = (network: string): string => `trustmonitor/${network}/log`;

/** Key name of an agent as a witness. */
export const witnessName = (network: string, agent: string): string =>
  `trustmonitor/${network}/witness/${agent}`;
