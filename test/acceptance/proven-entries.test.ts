import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanEnvironment, startLdctl, type Ended } from '../helpers/ldctl.js';
import { reply, startServer, type Step } from '../helpers/server.js';
import { sideBySide } from '../helpers/side-by-side.js';
import { parseJson } from '../helpers/readers.js';

const RESTART = ['activities', 'trigger', 'iggy', 'restart', '-o', 'json'];
const NODE = 610809900976570889n;
const OWN = 7301845022003200900n;

interface Told {
  outcome: string;
  recovered: boolean | null;
  nodes: Array<{ node_id: bigint | null; activity_id: bigint | null; status: string }>;
}

/** An entry that appears so long after the first read that follows the POST; ms. */
interface Planned {
  id: bigint;
  node: bigint;
  afterMs: number;
  status: string;
  /** Whether it was created with the POST, and not when it appears. */
  own: boolean;
}

/** A Supervisor of this test's own, whose log holds what is planned. */
class Supervisor {
  readonly planned: Planned[] = [];
  readonly history: bigint[] = [NODE];
  /** What it answers to a POST. */
  answer: Step = (...args) => reply(202, null, { date: new Date().toUTCString() })(...args);
  posts = 0;
  #postedAt = 0;
  #readAt: number | null = null;

  readonly step: Step = async (request, response, socket) => {
    const [path = '', query] = request.url.split('?');
    if (request.method === 'POST') {
      this.posts += 1;
      this.#postedAt = Date.now();
      await this.answer(request, response, socket);
      return;
    }
    assert.match(path, /^\/deployments\/71\/activities$/);
    if (this.posts > 0) this.#readAt ??= Date.now();
    const wanted = new URLSearchParams(query);
    const [page, results] = [Number(wanted.get('page')), Number(wanted.get('results'))];
    const entries = this.#entries();
    const items = entries.slice((page - 1) * results, page * results);
    const total_pages = Math.ceil(entries.length / results);
    await reply(200, { items, page, total_results: entries.length, total_pages })(request, response, socket);
  };

  /** Newest first. */
  #entries(): Array<ReturnType<typeof entry>> {
    const readAt = this.#readAt ?? Infinity;
    const shown = this.planned.filter(({ afterMs }) => Date.now() >= readAt + afterMs);
    return [
      ...shown.map(({ id, node, afterMs, status, own }) =>
        entry(id, node, status, own ? this.#postedAt : readAt + afterMs),
      ),
      ...this.history.map((node, index) =>
        entry(7301845022003200000n + BigInt(index), node, 'completed', Date.now() - 3_600_000),
      ),
    ].sort((a, b) => (a.id < b.id ? 1 : -1));
  }
}

function entry(id: bigint, node: bigint, status: string, createdAt: number) {
  const created_at = new Date(createdAt).toISOString();
  return {
    id,
    deployment_id: 71n,
    node_id: node,
    runtime: 'iggy',
    action: 'restart',
    status,
    created_at,
    finished_at: created_at,
  };
}

/** ldctl in a process of its own, pointed at that server. */
async function withSupervisor(
  supervisor: Supervisor,
  play: (run: (...args: string[]) => Promise<Ended>) => Promise<void>,
): Promise<void> {
  const server = await startServer(supervisor.step);
  const folder = mkdtempSync(join(tmpdir(), 'ldctl-proven-'));
  const settings = {
    LD_API_KEY: 'ld_pk_0123456789abcdef0123456789abcdef',
    LD_DEPLOYMENT_ID: '71',
    LD_SUPERVISOR_URL: server.url,
  };
  const env = { ...cleanEnvironment(folder), ...settings };
  try {
    await play((...args) => startLdctl(args, env).input().ended());
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const told = ({ stdout }: Ended): Told => parseJson(stdout) as Told;

describe('the entries of a trigger, by a server of its own', function () {
  this.timeout(120_000);

  sideBySide({
    'of 120 nodes none is forgotten, though the newest page names 100, and 20 are late and rejected': async () => {
      const supervisor = new Supervisor();
      const nodes = Array.from({ length: 120 }, (_, index) => BigInt(index + 1));
      supervisor.history.splice(0, 1, ...nodes);
      for (const node of nodes) {
        const late = node <= 20n;
        supervisor.planned.push({
          id: OWN + node,
          node,
          afterMs: late ? 7000 : 0,
          status: late ? 'rejected' : 'completed',
          own: true,
        });
      }
      await withSupervisor(supervisor, async (run) => {
        const end = await run(...RESTART, '--yes');
        assert.equal(end.code, 3, end.stderr);
        assert.match(end.stderr, /expecting 120 nodes/);
        assert.equal(told(end).nodes.filter(({ status }) => status === 'rejected').length, 20);
      });
    },

    'a redirect after the action: the log shows it, and nothing is sent again': async () => {
      const supervisor = new Supervisor();
      supervisor.answer = reply(307, null, { location: 'https://elsewhere.example/' });
      supervisor.planned.push({ id: OWN, node: NODE, afterMs: 500, status: 'completed', own: true });
      await withSupervisor(supervisor, async (run) => {
        const end = await run(...RESTART, '--node', String(NODE));
        assert.equal(end.code, 0, end.stderr);
        assert.deepEqual([told(end).recovered, supervisor.posts], [true, 1]);
      });
    },

    'a redirect that the log says nothing of: 7, and nothing is sent again': async () => {
      const supervisor = new Supervisor();
      supervisor.answer = reply(302, null, { location: 'https://elsewhere.example/' });
      await withSupervisor(supervisor, async (run) => {
        const end = await run(...RESTART, '--node', String(NODE), '--appear-timeout', '1s');
        assert.deepEqual([end.code, told(end).outcome, supervisor.posts], [7, 'unconfirmed', 1], end.stderr);
      });
    },

    'a 499 after the action: the log shows it, and nothing is sent again': async () => {
      const supervisor = new Supervisor();
      supervisor.answer = reply(499);
      supervisor.planned.push({ id: OWN, node: NODE, afterMs: 0, status: 'completed', own: true });
      await withSupervisor(supervisor, async (run) => {
        const end = await run(...RESTART, '--node', String(NODE));
        assert.equal(end.code, 0, end.stderr);
        assert.deepEqual([told(end).recovered, supervisor.posts], [true, 1]);
      });
    },
  });
});
