/** Scripts for shells, made from the commands that there are. */
import type { Command } from 'commander';

/** The words that may follow `path`, such as `demo break`; an empty path is the command alone. */
interface Place {
  readonly path: string;
  readonly words: readonly string[];
}

export function completionFor(shell: 'bash' | 'zsh' | 'fish', root: Command): string {
  const places = placesOf(root, '');
  if (shell === 'fish') return fish(places);
  return shell === 'bash' ? bash(places) : zsh(places);
}

function placesOf(command: Command, path: string): Place[] {
  const options = command.options.flatMap(({ long }) => (long === undefined ? [] : [long]));
  const children = command.commands.map((child) => child.name());
  const inside = command.commands.flatMap((child) =>
    placesOf(child, `${path} ${child.name()}`.trim()),
  );
  return [{ path, words: [...children, ...options, '--help'] }, ...inside];
}

/** Options in between are skipped; names of files are completed where no word fits. */
function bash(places: readonly Place[]): string {
  return `_trustmonitor() {
  local path="" word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case " $(_trustmonitor_words "$path") " in
      *" $word "*) [[ $word == -* ]] || path="\${path:+$path }$word" ;;
    esac
  done
  COMPREPLY=($(compgen -W "$(_trustmonitor_words "$path")" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
_trustmonitor_words() {
  case "$1" in
${places.map(({ path, words }) => `    "${path}") echo "${words.join(' ')}" ;;`).join('\n')}
  esac
}
complete -o default -F _trustmonitor trustmonitor tm`;
}

/** zsh runs the functions of bash. */
function zsh(places: readonly Place[]): string {
  return `autoload -U +X bashcompinit && bashcompinit\n${bash(places)}`;
}

function fish(places: readonly Place[]): string {
  const lines = places.map(({ path, words }) => {
    const conditions = path.split(' ').map((name) => `__fish_seen_subcommand_from ${name}`);
    const when = path === '' ? '__fish_use_subcommand' : conditions.join('; and ');
    return ['trustmonitor', 'tm']
      .map((name) => `complete -c ${name} -n '${when}' -a '${words.join(' ')}'`)
      .join('\n');
  });
  return lines.join('\n');
}
