// @ts-check
// A tiny controller: whenever a file that holds the id of a config changes, it rolls that config out to the connectors, one
// node after the other. At most once a change, however often it is killed and started again (within 24 hours, which is how
// long the journal remembers). It runs until it is stopped; a second one needs a state folder of its own.
//
//     LD_SUPERVISOR_URL=… LD_DEPLOYMENT_ID=… LD_API_KEY=… node controller.mjs CONFIG_FILE STATE_FOLDER NODE…
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, LdctlError, parseId } from 'ldctl';

const LOOK_EVERY_MS = 1000;

const [, , configFile = '', stateFolder = '', ...nodeIds] = process.argv;
const { LD_SUPERVISOR_URL: supervisorUrl = '', LD_DEPLOYMENT_ID = '', LD_API_KEY: apiKey = '' } = process.env;
const nodes = nodeIds.map((id) => parseId(id, 'NODE'));
const journal = join(stateFolder, 'journal');
const deployment = connect({ supervisorUrl, deploymentId: parseId(LD_DEPLOYMENT_ID, 'LD_DEPLOYMENT_ID'), apiKey, journal });
await mkdir(stateFolder, { recursive: true });

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort());

/**
 * The change that is being rolled out, or was: its number, the config, and how it ended once it has.
 * @typedef {{ change: number, config: string, outcome: string | null }} State
 */
const stateFile = join(stateFolder, 'state.json');
/** @type {State} */
let state = JSON.parse(await readFile(stateFile, 'utf8').catch(() => '{ "change": 0, "config": "", "outcome": "none" }'));

while (!stop.signal.aborted) {
  const config = await readConfig();
  // Noted before anything is sent: a config that comes back later is another change, with another key.
  if (config !== null && config !== state.config) await note({ change: state.change + 1, config, outcome: null });
  if (state.outcome === null) await rollOut();
  await sleep(LOOK_EVERY_MS, undefined, { signal: stop.signal }).catch(() => undefined);
}

/** Goes on where an earlier process was, since the key is that of the change. */
async function rollOut() {
  const { change, config } = state;
  try {
    const result = await deployment.roll(
      { runtime: 'connectors', action: `reconfigure:${BigInt(config)}`, nodes, idempotencyKey: `config-change-${change}` },
      { signal: stop.signal },
    );
    console.log(`change ${change}, config ${config}: ${result.outcome}`);
    // Whatever is not known for sure is followed again; what has failed waits for the next change.
    if (['completed', 'rejected', 'halted'].includes(result.outcome)) await note({ ...state, outcome: result.outcome });
  } catch (error) {
    if (!(error instanceof LdctlError)) throw error;
    console.error(`change ${change}, config ${config}: nothing was sent, so once more: ${error.message}`);
  }
}

/** The id in the file; null while there is none, or while it is being written. */
async function readConfig() {
  const text = await readFile(configFile, 'utf8').catch(() => '');
  return /^(\d+)\n$/.exec(text)?.[1] ?? null;
}

/** In one step, so that a kill leaves the old state or the new one. @param {State} next */
async function note(next) {
  await writeFile(`${stateFile}.new`, JSON.stringify(next));
  await rename(`${stateFile}.new`, stateFile);
  state = next;
}
