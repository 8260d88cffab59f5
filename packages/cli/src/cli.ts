/** The command line: every command there is, in the order in which `--help` shows them. */
import { Command } from 'commander';
import { agentCommand } from './commands/agent.ts';
import { agentsCommand } from './commands/agents.ts';
import { applyCommand } from './commands/apply.ts';
import { auditCommand } from './commands/audit.ts';
import { channelsCommand } from './commands/channels.ts';
import { checkCommand } from './commands/check.ts';
import { completionCommand } from './commands/completion.ts';
import { consoleCommand } from './commands/console.ts';
import { coordinatorCommand } from './commands/coordinator.ts';
import { demoCommand } from './commands/demo.ts';
import { deploymentsCommand } from './commands/deployments.ts';
import { doctorCommand } from './commands/doctor.ts';
import { doraCommand } from './commands/dora.ts';
import { gateCommand } from './commands/gate.ts';
import { evidenceCommand } from './commands/evidence.ts';
import { exportCommand } from './commands/export.ts';
import { importCommand } from './commands/import.ts';
import { incidentsCommand } from './commands/incidents.ts';
import { keysCommand } from './commands/keys/keys.ts';
import { logCommand } from './commands/log.ts';
import { maintenanceCommand } from './commands/maintenance.ts';
import { monitorsCommand } from './commands/monitors.ts';
import { planCommand } from './commands/plan.ts';
import { regionsCommand } from './commands/regions.ts';
import { reportCommand } from './commands/report.ts';
import { roundsCommand } from './commands/rounds.ts';
import { schemaCommand } from './commands/schema.ts';
import { slosCommand } from './commands/slos.ts';
import { silencesCommand } from './commands/silences.ts';
import { statusCommand } from './commands/status.ts';
import { statusPagesCommand } from './commands/status-pages.ts';
import { upCommand } from './commands/up.ts';
import { validateCommand } from './commands/validate.ts';
import { verifyCommand } from './commands/verify.ts';
import { watchCommand } from './commands/watch.ts';
import type { Context } from './context.ts';
import type { ExitCode } from './exit.ts';
import { runProgram } from './program.ts';

/** Commands import what they do only when they run, so that each starts fast. */
export function programOf(context: Context): Command {
  const program = new Command('trustmonitor')
    .description('Says a service is down only when independent regions agree, and proves it.')
    .version(context.settings.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .showSuggestionAfterError()
    .addHelpText('after', EPILOGUE);

  program.commandsGroup('Run:');
  program.addCommand(upCommand(context));
  program.addCommand(coordinatorCommand(context));
  program.addCommand(agentCommand(context));
  program.addCommand(consoleCommand(context));
  program.addCommand(statusCommand(context));
  program.addCommand(doctorCommand(context));
  program.addCommand(demoCommand(context));

  program.commandsGroup('Monitors as code:');
  program.addCommand(validateCommand(context));
  program.addCommand(schemaCommand(context));
  program.addCommand(planCommand(context));
  program.addCommand(applyCommand(context));
  program.addCommand(exportCommand(context));
  program.addCommand(importCommand(context));

  program.commandsGroup('Look:');
  program.addCommand(checkCommand(context));
  program.addCommand(watchCommand(context));
  program.addCommand(monitorsCommand(context));
  program.addCommand(roundsCommand(context));
  program.addCommand(incidentsCommand(context));
  program.addCommand(slosCommand(context));
  program.addCommand(agentsCommand(context));
  program.addCommand(regionsCommand(context));
  program.addCommand(channelsCommand(context));
  program.addCommand(statusPagesCommand(context));
  program.addCommand(silencesCommand(context));
  program.addCommand(maintenanceCommand(context));

  program.commandsGroup('Deploy:');
  program.addCommand(deploymentsCommand(context));
  program.addCommand(gateCommand(context));
  program.addCommand(doraCommand(context));

  program.commandsGroup('Prove:');
  program.addCommand(evidenceCommand(context));
  program.addCommand(reportCommand(context));
  program.addCommand(verifyCommand(context));
  program.addCommand(logCommand(context));
  program.addCommand(auditCommand(context));
  program.addCommand(keysCommand(context));

  program.commandsGroup('Help:');
  program.addCommand(completionCommand(context));
  program.helpCommand('help [command]', 'print help for a command');
  return program;
}

const EPILOGUE = `
Settings (flags of the same name win):
  TM_DATA_DIR      data folder of the local stack (.trustmonitor)
  TM_CACHE_DIR     what is downloaded once (~/.cache/trustmonitor)
  TM_URL           API to talk to (that of the local stack)
  TM_TOKEN         API token; TM_TOKEN_FILE names a file that holds it
  TM_HTTP_ADDR     where \`up\` serves the API (127.0.0.1:7070)
  DATABASE_URL     a PostgreSQL of your own for \`up\`
  TM_NATS_URL      a NATS server of your own for \`up\`
  TM_NATS_SERVER   a nats-server binary for \`up\`
  TM_ALLOW_TARGETS private addresses that the local agents may probe
  TM_LOG_LEVEL     of the processes that \`up\` starts (info)
  NO_COLOR         no colours

Exit codes:
  0 ok   1 a check or verification failed   2 usage or malformed input   3 not found
  4 not allowed   5 unreachable   6 indeterminate
`;

/** Runs one command line (without `node` and the script). Never throws. */
export const runCli = (args: readonly string[], context: Context): Promise<ExitCode> =>
  runProgram(programOf(context), args, context);
