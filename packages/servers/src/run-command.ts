import { execFile } from 'node:child_process';

export interface CommandOptions {
  readonly cwd?: string | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  readonly timeoutMs?: number | undefined;
}

export interface CommandResult {
  readonly ok: boolean;
  readonly stdout: string;
  /** Standard error, or why the command could not be run at all. */
  readonly stderr: string;
}

/** Runs a tool to its end, quietly. A failing or missing tool is a result, not an exception. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { timeoutMs = 30_000, ...rest } = options;
  const limits = { timeout: timeoutMs, maxBuffer: 16 * 1024 * 1024 };
  return new Promise((resolve) => {
    execFile(command, args, { ...rest, ...limits }, (error, stdout, stderr) => {
      resolve({ ok: error === null, stdout, stderr: stderr || (error?.message ?? '') });
    });
  });
}

/** The last lines of a tool's complaint, for an error message. */
export function lastLines(text: string, count = 3): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
