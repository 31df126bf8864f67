/**
 * Runs a step with these variables of the environment, an `undefined` one not set, and puts back
 * what was there.
 */
export async function withEnv<T>(
  values: Record<string, string | undefined>,
  step: () => Promise<T>,
): Promise<T> {
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const);
  set(Object.entries(values));
  try {
    return await step();
  } finally {
    set(before);
  }
}

function set(values: readonly (readonly [string, string | undefined])[]): void {
  for (const [name, value] of values) {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
}
