import { RUNTIMES, STATUSES, VERBS } from '../../base/activity.js';
import type { Env } from '../../base/text.js';
import type { Config, Profile } from '../../config/profile.js';
import type { Seen } from '../../config/seen.js';
import type { Flag, TypedLine } from './typed-line.js';

export interface Candidate {
  value: string;
  /** What it is, for shells that show it. */
  about: string;
}

/** What is known of values without asking a server. */
export interface Stored {
  config: Config;
  seen: Seen;
  env: Env;
}

interface Place {
  line: TypedLine;
  stored: Stored;
  /** What there is of the value. */
  typed: string;
}

const BY_FLAG: Readonly<Record<string, (place: Place) => Candidate[]>> = {
  runtime: () => plain(RUNTIMES),
  action: () => plain(VERBS),
  status: () => plain(Object.keys(STATUSES)),
  node: nodes,
  profile: ({ stored }) => profiles(stored),
  deployment: deployments,
  'idempotency-key': keys,
  resume: keys,
};

/** Arguments, by the command and their names. */
const BY_ARGUMENT: Readonly<Record<string, (stored: Stored) => Candidate[]>> = {
  'activities:trigger runtime': () => plain(RUNTIMES),
  // An id is to follow, or `--config`.
  'activities:trigger action': () => plain(VERBS.map((verb) => (verb === 'reconfigure' ? `${verb}:` : verb))),
  'profiles:remove name': profiles,
  'profiles:show name': profiles,
  'profiles:update name': profiles,
  'profiles:use name': profiles,
};

export function flagValues(flag: Flag, place: Place): Candidate[] {
  if (flag.type === 'option' && flag.options) return plain(flag.options);
  return BY_FLAG[flag.name]?.(place) ?? [];
}

/** The values of the argument that comes next. */
export function argumentValues({ command, args }: TypedLine, stored: Stored): Candidate[] {
  const [name, arg] = Object.entries(command?.args ?? {})[args.length] ?? [];
  if (command === null || name === undefined) return [];
  return arg?.options ? plain(arg.options) : (BY_ARGUMENT[`${command.id} ${name}`]?.(stored) ?? []);
}

function plain(values: readonly string[]): Candidate[] {
  return values.map((value) => ({ value, about: '' }));
}

function profiles({ config }: Stored): Candidate[] {
  return config.profiles.map((profile) => ({ value: profile.name, about: profile.deployment_name ?? '' }));
}

function keys({ stored }: Place): Candidate[] {
  return stored.seen.keys.map(({ value, note }) => ({ value, about: note }));
}

/** Those of the deployment that the command would act on; of every one where that is not known. */
function nodes({ line, stored }: Place): Candidate[] {
  const deployment = deploymentOf(line, stored);
  const seen = stored.seen.nodes.filter(({ note }) => deployment === null || note === deployment);
  return seen.map(({ value, note }) => ({ value, about: deployment === null ? `deployment ${note}` : '' }));
}

/** By their names, which need not be unique (contract, "Core: which deployments are there"); by their ids where those are being typed. */
function deployments({ stored, typed }: Place): Candidate[] {
  const known = knownDeployments(stored);
  return known.map(({ id, name }) => {
    const isUnique = known.filter((other) => other.name === name).length === 1;
    const byName = name !== '' && isUnique && !/^\d/.test(typed);
    return byName ? { value: name, about: id } : { value: id, about: name };
  });
}

function knownDeployments({ config, seen }: Stored): Array<{ id: string; name: string }> {
  const own = config.profiles.flatMap(({ deployment_id: id, deployment_name: name = '' }) =>
    id === undefined ? [] : [{ id: String(id), name }],
  );
  const others = seen.deployments.map(({ value, note }) => ({ id: value, name: note }));
  return [...new Map([...own, ...others].map((one) => [one.id, one])).values()];
}

/** Which one the command would act on, by the order of settings (design, "Commands"). @returns its id, or null */
function deploymentOf({ given }: TypedLine, stored: Stored): string | null {
  const { config, env } = stored;
  const named = given.get('profile');
  const ofProfile = profileNamed(named ?? (env.LD_PROFILE || config.current), config)?.deployment_id?.toString();
  const said = given.get('deployment') ?? (named === undefined ? env.LD_DEPLOYMENT_ID || ofProfile : ofProfile);
  if (said === undefined) return null;
  const known = knownDeployments(stored).filter(({ id, name }) => id === said || name === said);
  return known.length === 1 ? (known[0]?.id ?? null) : /^\d+$/.test(said) ? said : null;
}

function profileNamed(name: string | undefined, { profiles: all }: Config): Profile | undefined {
  return all.find((profile) => profile.name === name);
}
