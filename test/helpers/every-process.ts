/*
 * For each process of mocha. Fails the test in which a promise was rejected that nobody waited for: it
 * would end ldctl, and mocha passes over it. Traces name the lines as they were written.
 */

process.setSourceMapsEnabled(true);

const unhandled: unknown[] = [];
process.on('unhandledRejection', (reason) => void unhandled.push(reason));

export const mochaHooks = {
  afterEach(): void {
    const [first] = unhandled.splice(0);
    if (first !== undefined) throw new Error('a rejection was not handled', { cause: first });
  },
};
