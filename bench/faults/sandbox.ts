// The sandbox as these stories set it up. They go with the job that they play (test/model takes their place).
import { type Id } from '../../src/base/ids.js';
import {
  Sandbox as Engine,
  type OthersAction,
  type SandboxAnswer,
  type SandboxRequest,
} from '../../src/sandbox/engine.js';
import { nodeIds, readOptions, type StartSandboxOptions, type Trouble } from '../../src/sandbox/options.js';
import { type RandomSource } from '../../src/sandbox/tenant.js';

export { nodeIds, type OthersAction, type SandboxAnswer, type SandboxRequest, type Trouble };
export { type DispatchRecord } from '../../src/sandbox/engine.js';

export interface Timing {
  appearMs: number;
  workMs: number;
}

export interface SandboxOptions extends Pick<StartSandboxOptions, 'now' | 'nodes' | 'history' | 'order' | 'answerMs'> {
  random: RandomSource;
  baseUrl: string;
  timing?: (node: Id) => Timing;
  troubles?: Iterable<readonly [Id, Trouble]>;
  idempotency?: 'path-and-body' | 'body' | 'off';
  storedReconfigure?: 'with_config' | 'bare';
  unfinished?: 'null' | 'absent';
}

export class Sandbox {
  readonly baseUrl: string;
  readonly #engine: Engine;

  constructor(options: SandboxOptions) {
    const { random, baseUrl, timing, troubles, idempotency, storedReconfigure, ...rest } = options;
    delete rest.unfinished;
    this.baseUrl = baseUrl;
    const settings = readOptions({
      ...rest,
      ...(timing && { appearMs: (node) => timing(node).appearMs, workMs: (node) => timing(node).workMs }),
      ignoreIdempotency: idempotency === 'off',
      bareReconfigure: storedReconfigure === 'bare',
    });
    this.#engine = new Engine(settings, baseUrl, random);
    for (const [node, trouble] of troubles ?? []) this.setTrouble(node, trouble);
  }

  get keys() {
    return this.#engine.cloud.keys;
  }
  get record() {
    return this.#engine.record;
  }
  get deploymentId() {
    return this.#engine.cloud.main.id;
  }
  get tenantId() {
    return this.#engine.cloud.structure.id;
  }
  get nodes(): Id[] {
    return [...this.#engine.cloud.main.nodes.keys()];
  }

  setTrouble(node: Id, trouble: Trouble | undefined): void {
    this.#engine.setTrouble(node, trouble);
  }
  dispatchAsOther(action: OthersAction) {
    return this.#engine.dispatchAsOther(action);
  }
  handle(request: SandboxRequest, failure?: { when: 'before' | 'after'; status: 500 | 503 }): SandboxAnswer {
    const answer = this.#engine.handle(request, failure);
    if (answer === null) throw new Error('no answer');
    return answer;
  }
}
