import { type Id } from '../base/ids.js';
import { type DeploymentForm } from './deployment.js';
import { type IdempotencyRule } from './idempotency.js';
import { type Timing, type Trouble } from './nodes.js';
import { type RandomSource } from './random.js';

/** How a miniature LaserData is set up. What the contract leaves unknown can be had either way. */
export interface SandboxOptions {
  /** Wall clock, ms UTC. The sandbox has no timers: all it shows is derived from this. */
  now: () => number;
  random: RandomSource;
  /** Where it is served, without a slash at the end; the structure names it as the supervisor. */
  baseUrl: string;
  /** The main deployment's nodes. Default: three. */
  nodes?: readonly Id[];
  /**
   * Past activities in the main deployment's log. They name its nodes in turn: fewer than there are nodes leave the
   * last ones unnamed. Default: one a node, 5 at least.
   */
  history?: number;
  /** How long an activity of this node takes; asked at each dispatch. Default: 200 ms to appear, 1.5 s of work. */
  timing?: (node: Id) => Timing;
  /** Trouble from the start; `setTrouble` changes it. */
  troubles?: Iterable<readonly [Id, Trouble]>;
  /** Default: `path-and-body`. */
  idempotency?: IdempotencyRule;
  /** How long a POST that is carried out takes to be answered, in ms; meanwhile it is still running. Default: 0. */
  answerMs?: number;
  /** Requests a second and key. Default: no limit. */
  rateLimit?: number;
  /** Which end of the log page 1 is. Default: `desc`, newest first. */
  order?: DeploymentForm['order'];
  /** `finished_at` while processing. Default: `null`. */
  unfinished?: DeploymentForm['unfinished'];
  /** How a reconfigure is stored. Default: `with_config`. */
  storedReconfigure?: DeploymentForm['storedReconfigure'];
  /** Whether the fields of the key context sit under `api_key`. Default: `flat`. */
  contextShape?: 'flat' | 'nested';
}
