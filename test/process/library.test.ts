import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { writeModule } from '../helpers/doc-runner.js';
import { cleanEnvironment, Run } from '../helpers/ldctl.js';
import { ROOT } from '../helpers/root.js';
import { plan } from '../helpers/scene.js';

async function inFolder(play: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ldctl-library-'));
  try {
    await play(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Node runs it to its end. */
async function prints(
  expected: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const { code, stdout, stderr } = await new Run(process.execPath, args, env).input().ended();
  assert.deepEqual([code, stdout, stderr], [0, expected, '']);
}

const SHOWS = join(ROOT, 'test/repo/package/shows');

/** What each ends with: the process is over when the last promise is. */
const EPILOGUE = `
let turns = 0;
setInterval(() => (turns += 1), 100).unref();
process.once('exit', () => {
  if (turns > 9) throw new Error('something kept the process alive');
});
`;

/** Programs of others: each asserts what it shows, prints nothing, and ends by itself. */
describe('a program that imports the library', () => {
  for (const name of readdirSync(SHOWS)) {
    plan(name.replace(/\.ts$/, ''), () =>
      inFolder((folder) => {
        const program = writeModule(folder, readFileSync(join(SHOWS, name), 'utf8') + EPILOGUE);
        return prints('', [program], cleanEnvironment(folder));
      }),
    );
  }

  plan('that catches nothing shows the error, and a line of code beside it', () =>
    inFolder(async (folder) => {
      const source = `import { connect } from 'ldctl';
        const url = 'http://127.0.0.1:1';
        const deployment = connect({ supervisorUrl: url, deploymentId: 7n, apiKey: 'ld_pk_4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c' });
        await deployment.trigger({ runtime: 'iggy', action: 'restart', nodes: [] });`;
      const program = writeModule(folder, source);
      const run = new Run(process.execPath, [program], cleanEnvironment(folder));
      const { code, stderr } = await run.input().ended();
      assert.equal(code, 1);
      assert.match(stderr, /^UsageError: trigger: nodes: the list is empty$/m);
      assert.ok(stderr.length < 3000, `${stderr.length} characters`);
    }),
  );

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

  for (const [format, name] of [
    ['esm', 'program.mjs'],
    ['cjs', 'program.cjs'],
  ] as const) {
    plan(
      `and is bundled with it into one file runs where there is no package beside it: ${format}`,
      () =>
        inFolder(async (folder) => {
          const file = join(folder, name);
          // CommonJS has no such URL. This bundler makes one up; others, such as esbuild, leave it
          // undefined.
          const define = format === 'cjs' ? { 'import.meta.url': 'undefined' } : undefined;
          const made = await rolldown({
            input: ENTRY,
            platform: 'node',
            plugins: [inMemory],
            transform: { define },
          });
          await made.write({ file, format, codeSplitting: false });
          await made.close();
          await prints('completed true 2\n', [file], { TMPDIR: folder });
        }),
    );
  }
});
