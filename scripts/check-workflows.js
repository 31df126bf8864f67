// Every workflow and the action, by GitHub's own parser and language service; every script, and
// every `run:` in them, by shellcheck. Ends with 77, and the reason in the last line, where
// something could not be had.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'yaml';
import { npmInstall } from './npm-install.js';

const COULD_NOT = 77;
const TOOLS = ['@actions/languageservice@0.3.61', '@actions/workflow-parser@0.3.61'];

const files = tracked('.github/workflows/*.yml', 'action.yml');
const folder = mkdtempSync(join(tmpdir(), 'ldctl-workflows-'));
try {
  const missed = await lintWorkflows();
  lintScripts();
  if (missed !== null) {
    console.log(missed);
    process.exitCode = COULD_NOT;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** @returns why GitHub's tools could not be had; null where they were */
async function lintWorkflows() {
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const missed = npmInstall(folder, '--ignore-scripts', ...TOOLS);
  if (missed !== null) return missed;
  const load = (path) => import(pathToFileURL(join(folder, 'node_modules', path)).href);
  const { validate } = await load('@actions/languageservice/dist/index.js');
  const { TextDocument } = await load('vscode-languageserver-textdocument/lib/esm/main.js');
  // What a workflow calls is read too.
  const fileProvider = {
    getFileContent: ({ path }) =>
      Promise.resolve({ name: path, content: readFileSync(path, 'utf8') }),
  };
  const problemsOf = async (file, text) => {
    const found = await validate(
      TextDocument.create(pathToFileURL(resolve(file)).href, 'yaml', 1, text),
      {
        fileProvider,
      },
    );
    return found.map(({ range, message }) => `${file}:${range.start.line + 1}: ${message}`);
  };
  const problems = await Promise.all(
    files.map((file) => problemsOf(file, readFileSync(file, 'utf8'))),
  );
  assert.deepEqual(problems.flat(), []);
  console.log(`GitHub's own tools have nothing to say of ${files.join(', ')}`);
  return null;
}

function lintScripts() {
  const scripts = tracked('*.sh', '.ci/run', '.githooks/*');
  const blocks = files.flatMap((file) => {
    const { jobs = {}, runs } = parse(readFileSync(file, 'utf8'));
    const steps = [
      ...Object.values(jobs).flatMap((job) => job.steps ?? []),
      ...(runs?.steps ?? []),
    ];
    return steps
      .filter(({ run }) => run)
      .map(({ run }, index) => {
        const name = join(folder, `${basename(file)}-${index}.sh`);
        // An expression of GitHub is some value.
        writeFileSync(
          name,
          `#!/usr/bin/env bash\nset -eo pipefail\n${run.replaceAll(/\$\{\{.*?\}\}/g, 'value')}\n`,
        );
        return name;
      });
  });
  assert.ok(blocks.length > 10, `only ${blocks.length} scripts were found in the workflows`);
  const { status, stdout } = spawnSync(
    'shellcheck',
    ['--severity=warning', ...scripts, ...blocks],
    {
      encoding: 'utf8',
    },
  );
  assert.equal(status, 0, stdout);
  console.log(
    `shellcheck has nothing to say of ${scripts.length} scripts and ${blocks.length} steps`,
  );
}

function tracked(...patterns) {
  return spawnSync('git', ['ls-files', ...patterns], { encoding: 'utf8' })
    .stdout.trim()
    .split('\n');
}
