import { Interrupted, LdctlError } from '../../src/base/errors.js';
import { keyOf, nodesElsewhere, type Runner } from './adapter.js';
import { Choices, type Choice, type Plan } from './choices.js';
import { Process } from './process.js';
import { ALL, backAfter, isKilled, nameOf, processesOf, SECOND, type Setting } from './setting.js';
import { World } from './world.js';

/** What happened in one story. */
export interface Story {
  setting: Setting;
  world: World;
  /** In the order in which they started. */
  processes: Process[];
  faults: readonly unknown[];
  choices: readonly Choice[];
  /** Why it did not end. */
  stuck: string | null;
  wasKilled: boolean;
}

export interface Listener {
  /** Takes each pair of step and fact. */
  seen?: (pair: string) => void;
  /** Takes each line of the story. */
  tell?: (line: string) => void;
}

const MOST_TURNS = 4000;

/** Plays one story to its end. @param budget how many faults it may hold */
export async function play(
  setting: Setting,
  plan: Plan,
  budget: number,
  listener: Listener = {},
): Promise<Story> {
  const stage = new Stage(setting, new Choices(plan, budget), listener);
  await stage.play();
  return stage.story;
}

class Stage {
  readonly story: Story;
  readonly #world: World;
  readonly #most: number;
  readonly #seen: (pair: string) => void;
  readonly #tell: (line: string) => void;
  readonly #isTold: boolean;
  /** Whether no other continues before this one has ended. */
  #isAlone = false;
  #lives = 1;

  constructor(
    private readonly setting: Setting,
    private readonly choices: Choices,
    { seen = () => undefined, tell }: Listener,
  ) {
    const world = new World(choices, setting);
    this.#world = world;
    this.#seen = seen;
    this.#isTold = tell !== undefined;
    this.#tell = tell ?? (() => undefined);
    if (tell) world.tell = (what) => tell(`${timeOf(world.now)}     * ${what}`);
    this.#most = processesOf(setting);
    this.story = {
      setting,
      world,
      processes: [],
      faults: choices.faults,
      choices: choices.made,
      stuck: null,
      wasKilled: false,
    };
  }

  async play(): Promise<void> {
    this.#beforehand();
    let one: Process | null = await this.#start();
    for (let turns = 0; one; turns++) {
      if (turns > MOST_TURNS) return void (this.story.stuck = 'it never ends');
      one = await this.#turn(one);
      if (this.story.stuck !== null) return;
    }
    // What was long on its way arrives.
    this.#world.pass(this.#world.now + 10 * SECOND);
  }

  #beforehand(): void {
    const { setting } = this;
    const world = this.#world;
    const nodes = nodesElsewhere(setting);
    if (setting.use.is === 'wait' || setting.use.is === 'watch') {
      world.sendElsewhere(nodes, 'of another', 'B');
    } else if (setting.past === 'a use of the key') {
      world.now = -300 * SECOND;
      for (const node of nodes ?? ALL) world.rival(node);
      world.now = -SECOND;
      world.sendElsewhere(nodes, keyOf(nodes), 'A');
    }
    world.now = 0;
  }

  async #start(): Promise<Process> {
    const { processes } = this.story;
    const isOther = this.#lives > 1 && this.setting.life === 'killed, then another API key';
    const by = processes.length;
    const name = 'ABCDEF'[by] ?? '?';
    const world = this.#world;
    const tell = (line: string): void => {
      if (this.#isTold) this.#tell(`${timeOf(world.now)}  ${name}  ${line}`);
    };
    const apiKey = isOther ? 'B' : 'A';
    const one = new Process(by, apiKey, this.setting, world, this.choices, tell, this.#isTold);
    processes.push(one);
    this.choices.change();
    tell(`starts${isOther ? ' with another API key' : ''}`);
    try {
      await one.start();
    } catch (error) {
      [one.thrown, one.endedAt] = [refusalOf(error), world.now];
    }
    return one;
  }

  /** One turn of a process. @returns whose turn is next; null at the end of the story */
  async #turn(one: Process): Promise<Process | null> {
    const world = this.#world;
    const { runner } = one;
    if (!runner) return this.#nextOf();
    this.#deliver(one, runner);
    const want = runner.want(world.now);
    this.#hear(one);
    if (want === 'end') {
      if (await one.startsAgain()) return one;
      this.#end(one);
      return (await this.#again(one)) ?? this.#nextOf();
    }
    const other = this.#most > 1 ? this.#other(one) : null;
    if (other) return other;
    if (want === 'act') {
      // What comes right before a step that may change something, or right after, is not the same.
      if (!runner.isReading) this.choices.change();
      const killed = await this.#killed(one);
      return killed ?? this.#act(one);
    }
    return this.#wait(one, want.until);
  }

  /** What has come by itself. */
  #deliver(one: Process, runner: Runner): void {
    const { now } = this.#world;
    for (const [node, { at, passes }] of one.gates) {
      if (at > now) continue;
      if (!passes) this.#stopsBegin(one);
      this.#seen(runner.gated(node, one.gateEnded(node, passes), now));
    }
    if (one.countsAt <= now) this.#seen(one.count(runner));
  }

  /** Whether another continues before this one acts. */
  #other(one: Process): Process | Promise<Process> | null {
    const { processes } = this.story;
    if (this.#isAlone || one.runner?.isPosting || this.#isAccepted()) return null;
    const next = processes[one.by + 1] ?? (processes.length < this.#most ? null : processes[0]);
    if (next === one || (next && next.endedAt < Infinity)) return null;
    const how = this.choices.of(['continues', 'another continues', 'another continues to its end']);
    if (how === 'continues') return null;
    this.#isAlone = how === 'another continues to its end';
    return next ?? this.#start();
  }

  /** In which order they continue matters no more once it is noted that one was accepted. */
  #isAccepted(): boolean {
    if (this.#world.posts.some(({ wasAccepted }) => wasAccepted)) return true;
    for (const all of this.#world.disk.values()) {
      if (all.some(({ marks }) => marks.has('accepted'))) return true;
    }
    return false;
  }

  /** The process that runs in place of one that is killed now; null where none is. */
  async #killed(one: Process): Promise<Process | null> {
    if (!isKilled(this.setting) || this.#lives >= 3) return null;
    const how = this.choices.of(['continues', 'killed', 'killed, and run again later']);
    return how === 'continues'
      ? null
      : this.#revive(one, how === 'killed' ? SECOND : backAfter(this.setting));
  }

  /** The process that continues what this one has left; null where none does. */
  async #again({ ended }: Process): Promise<Process | null> {
    const isLeft = Boolean(ended?.run?.resume) && isKilled(this.setting) && this.#lives < 3;
    return isLeft && this.choices.is('run again') ? this.#next('it is run again', SECOND) : null;
  }

  #revive(one: Process, after: number): Promise<Process> {
    [one.runner, one.isDead] = [null, true];
    return this.#next('it is killed, and run again', after);
  }

  #next(how: string, after: number): Promise<Process> {
    const { story } = this;
    this.#tell(`${timeOf(this.#world.now)}     * ${how}`);
    this.#lives += 1;
    story.wasKilled = true;
    this.#world.pass(this.#world.now + after);
    if (this.setting.life.endsWith('set back')) this.#world.clockIsOff = -3600 * SECOND;
    return this.#start();
  }

  async #act(one: Process): Promise<Process | null> {
    const { runner } = one;
    const world = this.#world;
    if (!runner) return null;
    const wasInterrupted = one.isInterrupted;
    const pair = await runner.act(
      one.tools,
      one.gateTools,
      () => world.now,
      () => one.isDead,
    );
    if (one.isDead) return this.#revive(one, one.revivesAfter);
    if (!runner.isReading) this.choices.change();
    this.#seen(pair);
    if (one.isInterrupted && !wasInterrupted) {
      this.#stopsBegin(one);
      this.#seen(runner.interrupt(new Interrupted('SIGINT'), world.now));
    }
    return one;
  }

  #wait(one: Process, until: number): Process | null {
    const world = this.#world;
    const { runner } = one;
    const at = Math.min(until, one.countsAt, ...[...one.gates.values()].map((gate) => gate.at));
    if (at === Infinity || !runner) {
      this.story.stuck = 'it waits for nothing';
      return null;
    }
    if (this.choices.is('Ctrl-C')) {
      const isRoll = this.setting.use.is === 'roll';
      this.#stopsBegin(one);
      if (isRoll && !one.isEasing) {
        this.#tell(`${timeOf(world.now)}     * Ctrl-C, the first`);
        this.#seen(runner.ease(one.ease()));
      } else {
        this.#seen(runner.interrupt(one.interrupt(), world.now));
      }
      return one;
    }
    one.wakesAt = Math.max(at, world.now + 1);
    const next = this.#isAlone ? one : (this.#firstOf() ?? one);
    world.pass(next.wakesAt);
    return next;
  }

  /** What it said of its nodes. */
  #hear(one: Process): void {
    if (this.setting.use.is !== 'roll') return;
    for (const event of one.runner?.events() ?? []) {
      if (event.event !== 'progress') continue;
      for (const { node_id: node, stage, status } of event.nodes) {
        if (node === null || one.nodeEnds.has(node)) continue;
        if (stage !== 'pause' && stage !== 'gate' && stage !== 'done') continue;
        one.nodeEnds.set(node, { reads: one.seen.length, at: this.#world.now, status });
      }
    }
  }

  #end(one: Process): void {
    one.endedAt = this.#world.now;
    this.#isAlone = false;
    try {
      one.ended = one.runner?.result() ?? null;
    } catch (error) {
      one.thrown = refusalOf(error);
    }
    this.#tell(`${timeOf(one.endedAt)}  ${'ABCDEF'[one.by] ?? '?'}  ends: ${endText(one)}`);
  }

  #stopsBegin(one: Process): void {
    one.stoppedAt = Math.min(one.stoppedAt, this.#world.now);
  }

  /** After one has ended. */
  #nextOf(): Process | Promise<Process> | null {
    const next = this.#firstOf();
    const isLast = this.story.processes.length >= this.#most;
    if (!next && isLast) return null;
    this.#world.pass(next ? next.wakesAt : this.#world.now + SECOND);
    return next ?? this.#start();
  }

  /** Which of those that run continues first. */
  #firstOf(): Process | null {
    const running = this.story.processes.filter(
      ({ endedAt, isDead }) => endedAt === Infinity && !isDead,
    );
    const [first = null, ...rest] = running;
    return rest.reduce((a, b) => (a && b.wakesAt >= a.wakesAt ? a : b), first);
  }
}

/** Any other error is one of the job itself, or of a sabotage: it breaks no rule, but the story. */
function refusalOf(error: unknown): LdctlError {
  if (error instanceof LdctlError) return error;
  throw error;
}

const timeOf = (ms: number): string => (ms / SECOND).toFixed(2).padStart(7);

function endText({ ended, thrown }: Process): string {
  if (ended?.run) {
    const { result, exitCode } = ended.run;
    const rows = result.nodes.map(
      ({ node_id: node, status, activity_id: id }) =>
        `node ${node && nameOf(node)} ${status ?? 'open'}${id === null ? '' : ` (${nameOf(id)})`}`,
    );
    return `exit ${exitCode}, ${result.outcome}${rows.length > 0 ? `: ${rows.join(', ')}` : ''}`;
  }
  if (ended?.watch) {
    const { anyRejected, error } = ended.watch;
    return `${error?.code ?? 'all final'}${anyRejected ? ', one rejected' : ''}`;
  }
  return `nothing was sent: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
}
