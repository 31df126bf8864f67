import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * What is added to the completion scripts that oclif's plugin writes: the values of `--profile` and `--deployment`, as
 * `ldctl profiles list` has them, which reads one file and asks no server. A name is text that somebody else may have
 * chosen, so the shells get it as data, and never as a word list to expand. PowerShell keeps what the plugin has.
 */

/** Once added, it is found again by this. */
const MARK = 'values of --profile and --deployment, from what is stored';

const BASH = `
# ${MARK}
_ldctl_with_values()
{
  local cur="\${COMP_WORDS[COMP_CWORD]}" flag="\${COMP_WORDS[COMP_CWORD-1]}" column value word
  local -a words=()
  # \`--profile=NAME\` is three words here.
  if [[ "$cur" == "=" ]]; then cur=""
  elif [[ "$flag" == "=" ]]; then flag="\${COMP_WORDS[COMP_CWORD-2]}"
  fi
  case "$flag" in
    --profile|--context) column=name ;;
    --deployment|--deployment-id) column=deployment ;;
    *)
      # Flags come after arguments, too.
      if [[ "$cur" == -* ]]; then
        for word in "\${COMP_WORDS[@]:1:2}"; do
          [[ "$word" == -* ]] && break
          words+=("$word")
        done
        COMP_WORDS=("\${COMP_WORDS[0]}" "\${words[@]}" "$cur")
        COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
      fi
      _ldctl_autocomplete
      return
      ;;
  esac
  COMPREPLY=()
  cur="\${cur//\\\\/}"
  while IFS= read -r value; do
    if [[ "$value" != - && "$value" == "$cur"* ]]; then COMPREPLY+=("$(printf '%q' "$value")"); fi
  done < <(ldctl profiles list --columns "$column" --no-header </dev/null 2>/dev/null)
}

complete -F _ldctl_with_values ldctl
`;

const ZSH = `
# ${MARK}
_ldctl_stored() {
  local -a values
  values=("\${(@f)$(ldctl profiles list --columns $1 --no-header </dev/null 2>/dev/null)}")
  values=("\${(@)values:#-}")
  compadd -a values
}
_ldctl_stored_profiles() { _ldctl_stored name }
_ldctl_stored_deployments() { _ldctl_stored deployment }
`;

/** @param folder where the plugin wrote its scripts; those that are not there are left out */
export async function addStoredValues(folder: string): Promise<void> {
  await change(join(folder, 'bash', 'ldctl.bash'), bashWithValues);
  await change(join(folder, 'zsh', '_ldctl'), zshWithValues);
}

export function bashWithValues(script: string): string {
  return script + BASH;
}

/** Every flag has its own spec there, which says how its values are completed. */
export function zshWithValues(script: string): string {
  return script
    .replace(/^#compdef .*\n/, (line) => `${line}${ZSH}`)
    .replaceAll(/^(--profile"\[.*\]:)file:_files"/gm, '$1profile:_ldctl_stored_profiles"')
    .replaceAll(/^(--deployment"\[.*\]:)file:_files"/gm, '$1deployment:_ldctl_stored_deployments"');
}

async function change(path: string, withValues: (script: string) => string): Promise<void> {
  const script = await readFile(path, 'utf8').catch(() => null);
  if (script !== null && !script.includes(MARK)) await writeFile(path, withValues(script));
}
