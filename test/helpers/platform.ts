const onWindows = process.platform === 'win32';

/** Tests of what Windows does not have: they are skipped there, and say why. */
export function describeOnPosix(
  title: string,
  why: string,
  tests: (this: Mocha.Suite) => void,
): void {
  if (onWindows) describe.skip(`${title} (not on Windows: ${why})`, tests);
  else describe(title, tests);
}

/** The same of a single test. */
export function itOnPosix(
  title: string,
  why: string,
  test: (this: Mocha.Context) => unknown,
): void {
  if (onWindows) it.skip(`${title} (not on Windows: ${why})`, test);
  else it(title, test);
}
