import { STATUS_CODES } from 'node:http';
import { type ActionName, type Runtime } from '../../../src/base/activity.js';
import { parseDuration } from '../../../src/base/durations.js';
import { type Id } from '../../../src/base/ids.js';
import { parseJson } from '../../../src/base/json.js';
import { nodeIds, type Trouble } from '../../../src/sandbox/options.js';
import { SandboxNode, type SandboxDeployment } from '../../../src/sandbox/state.js';
import { OPERATORS } from '../../../src/sandbox/tenant.js';
import { type Asked, type CloudOfSession, type Fault } from './cloud.js';
import { type Machine } from './machine.js';
import { type Gates } from './gates.js';

/** The part of a session that events change. */
export interface Scene {
  cloud: CloudOfSession;
  gates: Gates;
  /** Ms UTC, on the server. */
  readonly now: number;
  wait: (ms: number) => Promise<void>;
  /** For a shell: '' is the one without a letter. */
  useAnotherMachine: (shell: string) => void;
  /** The one that a `$` without a letter is on. */
  readonly machine: Machine;
  /** @throws Error where none runs */
  signal: (name: 'SIGINT' | 'SIGTERM' | 'SIGHUP', shell: string) => void;
  /** From now on commands run at a terminal of this size; null: at none. */
  useScreen: (size: { columns: number; rows: number } | null) => Promise<void>;
  /** Once it asks. @throws Error where it asks nothing */
  press: (key: string, times: number) => Promise<void>;
  type: (text: string) => Promise<void>;
  /** From now on requests are shown. */
  showRequests: (which: 'POSTs' | 'requests') => void;
}

type Does = (scene: Scene, words: readonly string[]) => void | Promise<void>;

/** How what has begun ends; the last is a status that ldctl does not know. */
const RESULTS: Readonly<Record<string, string>> = {
  completes: 'completed',
  rejects: 'rejected',
  cancels: 'cancelled',
};

/** Which uses of the keyring fail. */
const KEYRING_FAILS: Readonly<Record<string, Machine['keyringFails']>> = {
  'is locked': 'always',
  'takes no key': 'write',
  works: 'never',
};

/** An event: how it is written, an example, and what it does with the parts in brackets. */
const EVENTS: ReadonlyArray<readonly [says: RegExp, example: string, does: Does]> = [
  [/^wait (\S+)$/, 'wait 10s', (scene, [time = '']) => scene.wait(parseDuration(time))],
  [
    /^(?:([A-Z]) is on )?another machine$/,
    'another machine',
    (scene, [shell = '']) => scene.useAnotherMachine(shell),
  ],
  [
    /^screen(?: (\d+)x(\d+))?$/,
    'screen 120x40',
    (scene, [columns = '80', rows = '24']) =>
      scene.useScreen({ columns: Number(columns), rows: Number(rows) }),
  ],
  [/^no screen$/, 'no screen', (scene) => scene.useScreen(null)],
  [
    /^key (\S+)(?: (\d+) times)?$/,
    'key down 3 times',
    (scene, [key = '', times = '1']) => scene.press(key, Number(times)),
  ],
  [/^type (.+)$/, 'type 912', (scene, [text = '']) => scene.type(text)],
  [
    /^show (POSTs|requests)$/,
    'show POSTs',
    (scene, [which]) => scene.showRequests(which === 'POSTs' ? 'POSTs' : 'requests'),
  ],
  [
    /^(every )?gate (?:(\S*\/\S+) )?(?:exits (\d+) after (\S+)|never ends)(?:, saying "(.*)")?$/,
    'gate exits 1 after 3s, saying "lag 7"',
    ({ gates }, [every, command = null, code = '0', after, says = null]) => {
      const afterMs = after === undefined ? Infinity : parseDuration(after);
      const plan = { command, afterMs, exitCode: Number(code), says };
      if (every === undefined) gates.add(plan);
      else gates.every = plan;
    },
  ],
  [
    /^the clock of this machine is (\S+) (ahead|behind)$/,
    'the clock of this machine is 2h behind',
    ({ machine }, [time = '', way]) => {
      machine.clockOffset = parseDuration(time) * (way === 'ahead' ? 1 : -1);
    },
  ],
  [
    /^this machine is in (\w+\/\w+)$/,
    'this machine is in Asia/Kolkata',
    (_, [zone]) => {
      // Whoever plays the session sets it back.
      process.env.TZ = zone;
    },
  ],
  [
    /^the keyring of this machine (is locked|takes no key|works)$/,
    'the keyring of this machine is locked',
    ({ machine }, [how = '']) => {
      machine.keyringFails = KEYRING_FAILS[how] ?? 'never';
    },
  ],
  [
    /^(Ctrl-C|SIGTERM|SIGHUP)(?: in ([A-Z]))?$/,
    'Ctrl-C',
    (scene, [name, shell = '']) =>
      scene.signal(name === 'SIGTERM' || name === 'SIGHUP' ? name : 'SIGINT', shell),
  ],
  [
    /^the next (?:(\d+) )?(POSTs?|reads? of [\w/]+|reads?) (.*)$/s,
    'the next POST runs, but its answer is lost',
    ({ cloud }, [times = '1', asked = '', what = '']) => {
      const fault = readFault(what);
      cloud.addFaults(askedBy(asked), ...Array.from({ length: Number(times) }, () => fault));
    },
  ],
  [
    /^node (\d+) (rejects everything|gets stuck|goes missing|recovers)$/,
    'node 7 recovers',
    ({ cloud }, [node = '', trouble = '']) => {
      nodeOf(cloud, node).trouble = TROUBLES[trouble];
    },
  ],
  [
    /^node (\d+) (completes|rejects|cancels) what it has begun$/,
    'node 7 completes what it has begun',
    ({ cloud, now }, [node = '', how = '']) => {
      for (const entry of openEntries(cloud, BigInt(node))) {
        Object.assign(entry, { finishes_at: now, result: RESULTS[how] });
      }
    },
  ],
  [
    /^node (\d+) shows up$/,
    'node 7 shows up',
    ({ cloud, now }, [node = '']) => {
      for (const entry of openEntries(cloud, BigInt(node))) entry.appears_at ??= now;
    },
  ],
  [
    /^node (\d+) is removed$/,
    'node 7 is removed',
    ({ cloud }, [id = '']) => {
      const nodes = cloud.sandbox.cloud.main.nodes as Map<Id, unknown>;
      if (!nodes.delete(BigInt(id))) throw new Error(`there is no node ${id}`);
    },
  ],
  [
    /^node (\d+) takes (\S+)(?:, and shows up after (\S+))?$/,
    'node 7 takes 5s, and shows up after 2s',
    ({ cloud }, [id = '', work = '', appear]) => {
      const node = nodeOf(cloud, id);
      node.workMs = parseDuration(work);
      if (appear !== undefined) node.appearMs = parseDuration(appear);
    },
  ],
  [
    /^the log(?: of (\S+))? has an entry (\{.*\})$/,
    'the log of platform/demo/staging has an entry {"age":"3d","took":"4.2s","result":"rejected"}',
    ({ cloud, now }, [place, json = '']) =>
      addEntry(cloud, cloud.deployment(place), now, parseJson(json) as EntryFields),
  ],
  [
    /^(\S+) has (\d+) nodes$/,
    'platform/demo/staging has 9 nodes',
    ({ cloud }, [place = '', count = '']) => {
      const { summary, nodes } = cloud.deployment(place);
      const [{ appearMs, workMs } = { appearMs: 0, workMs: 0 }] = nodes.values();
      const all = nodes as Map<Id, SandboxNode>;
      all.clear();
      // Those of different deployments are a thousand apart.
      for (const id of nodeIds(Number(count), summary.id * 2n + (summary.id % 100n) * 1000n)) {
        all.set(id, new SandboxNode(undefined, appearMs, workMs));
      }
    },
  ],
  [
    /^another operator: (iggy|connectors) (\S+)(?: in (\S+\/\S+))?(?: on ([\d,]+))?(?: (\d+) times)?$/,
    'another operator: iggy restart in platform/demo/staging on 7,8 60 times',
    ({ cloud, now }, [runtime = '', action = '', place, nodes, times = '1']) => {
      for (let time = 0; time < Number(times); time += 1) {
        cloud.sandbox.cloud.dispatch(cloud.deployment(place), {
          ...{ runtime: runtime as Runtime, action: action as ActionName },
          ...{ authorId: OPERATORS.bo, at: now },
          nodes: nodes?.split(',').map(BigInt) ?? null,
        });
      }
    },
  ],
];

const TROUBLES: Readonly<Record<string, Trouble>> = {
  'rejects everything': 'reject',
  'gets stuck': 'stuck',
  'goes missing': 'missing',
};

type EntryFields = Record<string, unknown> & { age?: string; took?: string };

/** An entry of the past, of the first node unless it says otherwise; with what fields it likes. */
function addEntry(
  { sandbox }: CloudOfSession,
  { nodes, entries }: SandboxDeployment,
  now: number,
  fields: EntryFields,
): void {
  const { age = '0s', took = '1s', ...given } = fields;
  const at = now - parseDuration(age);
  const [node_id = 0n] = nodes.keys();
  entries.push({
    ...{ id: sandbox.cloud.nextActivityId(), node_id, author_id: OPERATORS.ada },
    ...{ runtime: 'iggy', action: 'restart', result: 'completed' },
    ...{ created_at: new Date(at).toISOString(), appears_at: at },
    finishes_at: at + parseDuration(took),
    ...given,
  });
}

/** Of any deployment. @throws Error for one that there is not */
function nodeOf({ sandbox }: CloudOfSession, id: string): SandboxNode {
  const [node] = sandbox.cloud.deployments.flatMap(({ nodes }) => nodes.get(BigInt(id)) ?? []);
  if (!node) throw new Error(`there is no node ${id}`);
  return node;
}

/** What a node was sent, and has not ended. @throws Error where there is nothing */
function openEntries({ sandbox }: CloudOfSession, node: Id) {
  const open = sandbox.cloud.deployments
    .flatMap(({ entries }) => entries)
    .filter((entry) => entry.node_id === node && entry.finishes_at === null);
  if (open.length === 0) throw new Error(`node ${node} has nothing open`);
  return open;
}

const askedBy = (words: string): Asked =>
  words.startsWith('POST') ? 'POST' : (words.replace(/^reads/, 'read') as Asked);

/** What becomes of a request: how it is written, an example, and what it is. */
const FAULTS: ReadonlyArray<
  readonly [says: RegExp, example: string, fault: (words: readonly string[]) => Partial<Fault>]
> = [
  [/^(?:is|are) lost$/, 'is lost', () => ({ runs: false, answer: 'lost' })],
  [/^(?:is|are) refused$/, 'is refused', () => ({ runs: false, answer: 'refused' })],
  [
    /^runs?, but (?:its|their) answers? (?:is|are) lost$/,
    'runs, but its answer is lost',
    () => ({ answer: 'lost' }),
  ],
  [
    /^(?:is|are) answered (.*) after (\S+)$/s,
    'is answered 503 after 20s',
    ([how = '', time = '']) => ({
      ...{ runs: false, answer: readAnswer(how) },
      holdMs: parseDuration(time),
    }),
  ],
  [
    /^(?:is|are) answered (.*)$/s,
    'is answered 503',
    ([how = '']) => ({ runs: false, answer: readAnswer(how) }),
  ],
  [
    /^runs?, but (?:is|are) answered (.*)$/s,
    'runs, but is answered 502',
    ([how = '']) => ({ answer: readAnswer(how) }),
  ],
  [/^takes? (\S+)$/, 'takes 20s', ([time = '']) => ({ holdMs: parseDuration(time) })],
  [/^gets? no answer$/, 'gets no answer', () => ({ holdMs: Infinity })],
];

function readFault(text: string): Fault {
  for (const [says, , fault] of FAULTS) {
    const found = says.exec(text);
    if (found) return { runs: true, answer: 'as it should', holdMs: 0, ...fault(found.slice(1)) };
  }
  const known = FAULTS.map(([, example]) => example).join('; ');
  throw new Error(`no request ${JSON.stringify(text)}; what may become of it: ${known}`);
}

const ANSWER = /^(\d{3})(?: with ([a-z-]+): (\S+))?(?: (?:and|with) body (.*))?$/s;
const REQUEST_ID = 'f'.repeat(32);

/** `429 with retry-after: 7 and body {…}`; without a body, a problem as the API describes one. */
function readAnswer(text: string): Exclude<Fault['answer'], string> {
  const [found, code = '', name, value = '', given] = ANSWER.exec(text) ?? [];
  if (found === undefined) throw new Error(`no answer: ${text}`);
  const status = Number(code);
  const isJson = given === undefined || given.startsWith('{');
  const jsonType = status < 300 ? 'application/json' : 'application/problem+json';
  const problem = {
    ...{ type: 'about:blank', title: STATUS_CODES[status], status, instance: REQUEST_ID },
    ...{ code: `sandbox_${code}`, reason: 'The sandbox was asked to fail.' },
  };
  return {
    status,
    body: given ?? JSON.stringify(problem),
    headers: {
      'content-type': isJson ? jsonType : 'text/html',
      ...(isJson && { 'ld-request': REQUEST_ID }),
      ...(name !== undefined && { [name]: value }),
    },
  };
}

/** Something that happens, once it is due. */
export type Event = (scene: Scene) => void | Promise<void>;

/** When an event happens: at once, while the next command runs, or once that has printed a text. */
export type When =
  | { is: 'now' }
  | { is: 'after'; ms: number }
  | { is: 'due' }
  | { is: 'said'; text: string };

/** `when it says "dispatched": Ctrl-C`. @throws Error for what no event is */
export function readEvent(text: string): { when: When; event: Event } {
  const [, said, after, what = text] =
    /^(?:when it says "(.+)"|after (\S+)): (.*)$/s.exec(text) ?? [];
  const later: When =
    after === undefined ? { is: 'now' } : { is: 'after', ms: parseDuration(after) };
  const when: When = said === undefined ? later : { is: 'said', text: said };
  for (const [says, , does] of EVENTS) {
    const found = says.exec(what);
    if (found) return { when, event: (scene) => does(scene, found.slice(1)) };
  }
  const known = EVENTS.map(([, example]) => `\n  > ${example}`).join('');
  throw new Error(
    `no event ${JSON.stringify(what)}; the events are, each also after "after 5s: " or 'when it says "TEXT": ':${known}`,
  );
}
