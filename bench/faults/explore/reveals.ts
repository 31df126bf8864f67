/** Whether a value, or anything that hangs on it, holds this text: also what is not enumerable, such as a stack or a cause. */
export function reveals(value: unknown, text: string, seen = new Set<unknown>()): boolean {
  if (typeof value === 'string') return value.includes(text);
  if (typeof value !== 'object' || value === null || seen.has(value)) return false;
  seen.add(value);
  return Reflect.ownKeys(value).some(
    (name) => (typeof name === 'string' && name.includes(text)) || reveals(Reflect.get(value, name), text, seen),
  );
}
