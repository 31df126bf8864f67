/**
 * Scenarios that mostly wait, each a test of its own, many on their way at a time: they begin with the first test, and
 * every test tells how its own ended. None may share anything with another.
 * @param atOnce how many run at a time; each has a process or two that take a while to start
 */
export function sideBySide(scenarios: Readonly<Record<string, () => Promise<void>>>, atOnce = 5): void {
  const inTurn = turnstile(atOnce);
  const ends = new Map<string, Promise<void>>();

  before(() => {
    for (const [name, play] of Object.entries(scenarios)) {
      const end = inTurn(play);
      // Its own test is the one to fail, and that may not have come to it yet.
      end.catch(() => undefined);
      ends.set(name, end);
    }
  });

  for (const name of Object.keys(scenarios)) it(name, () => ends.get(name));
}

/** Lets so many in at a time; the others wait in line. */
export function turnstile(places: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = places;
  const line: Array<() => void> = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => line.push(resolve));
    try {
      return await work();
    } finally {
      const next = line.shift();
      if (next) next();
      else free += 1;
    }
  };
}
