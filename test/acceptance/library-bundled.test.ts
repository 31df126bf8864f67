import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { Run } from '../helpers/ldctl.js';
import { ROOT } from '../helpers/root.js';

/** It acts on a sandbox in the same process, and asks for a key that only the keyring has. */
const PROGRAM = `
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, connectProfile, LdctlError } from 'ldctl';
import { startSandbox } from 'ldctl/sandbox';

async function main(folder) {
  const sandbox = await startSandbox({ workMs: 50, appearMs: 0 });
  const { supervisorUrl, deploymentId, apiKey, nodeIds } = sandbox;
  const deployment = connect({ supervisorUrl, deploymentId, apiKey, journal: join(folder, 'journal') });
  const { outcome } = await deployment.trigger({ runtime: 'iggy', action: 'restart', nodes: nodeIds, idempotencyKey: 'k' });
  const profile = { name: 'prod', tenant_id: '1', supervisor_url: supervisorUrl, deployment_id: '7', key: { store: 'keyring', account: 'prod' } };
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ profiles: [profile] }), { mode: 0o600 });
  const failure = await connectProfile('prod', { env: { LDCTL_CONFIG_DIR: folder } }).catch((error) => error);
  console.log(outcome, failure instanceof LdctlError, failure.exitCode);
  await sandbox.stop();
}
void main(mkdtempSync(join(tmpdir(), 'ldctl-')));
`;

/** As if it lay in the package, which can import itself by its name. */
const ENTRY = join(ROOT, 'program.mjs');
const inMemory = {
  name: 'in-memory',
  resolveId: (id: string) => (id === ENTRY ? id : null),
  load: (id: string) => (id === ENTRY ? PROGRAM : null),
};

describe('a program that is bundled with the library into one file', function () {
  this.timeout(120_000);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ldctl-bundled-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  for (const format of ['esm', 'cjs'] as const) {
    it(`runs where there is no package beside it: ${format}`, async () => {
      const file = join(folder, format === 'esm' ? 'program.mjs' : 'program.cjs');
      // CommonJS has no such URL. This bundler makes one up; others, such as esbuild, leave it undefined.
      const define = format === 'cjs' ? { 'import.meta.url': 'undefined' } : undefined;
      const made = await rolldown({ input: ENTRY, platform: 'node', plugins: [inMemory], transform: { define } });
      await made.write({ file, format, codeSplitting: false });
      await made.close();
      const { code, stdout, stderr } = await new Run(process.execPath, [file], { TMPDIR: folder }).input().ended();
      assert.deepEqual([code, stdout, stderr], [0, 'completed true 2\n', '']);
    });
  }
});
