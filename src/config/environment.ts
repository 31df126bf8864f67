import { type Env } from '../base/text.js';

/** The variables that say where to act, and as whom. A profile named by `--profile` switches them off. */
export const VARIABLES = [
  'LD_API_KEY',
  'LD_API_KEY_FILE',
  'LD_TENANT_ID',
  'LD_API_URL',
  'LD_SUPERVISOR_URL',
  'LD_DEPLOYMENT_ID',
] as const;
export type Variable = (typeof VARIABLES)[number];
export type Variables = Partial<Record<Variable, string>>;

/** The value of a variable without white space around it; an empty one counts as unset. */
export function valueOf(env: Env, name: string): string | undefined {
  return env[name]?.trim() || undefined;
}

/** Those of `VARIABLES` that are set. */
export function setVariables(env: Env): Variables {
  const set: Variables = {};
  for (const name of VARIABLES) {
    const value = valueOf(env, name);
    if (value !== undefined) set[name] = value;
  }
  return set;
}
