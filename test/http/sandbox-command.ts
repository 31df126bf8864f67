// Runs one of the sandbox commands from its source, for the tests that need it as a process: `node --import tsx` this
// file, `start` or `exec`, and the command's own arguments.
import { Config } from '@oclif/core';
import { startSystemHost } from '../../src/cli/host.js';
import { packageProgram } from '../../src/cli/program.js';
import SandboxExec from '../../src/commands/sandbox/exec.js';
import SandboxStart from '../../src/commands/sandbox/start.js';
import { ROOT } from '../helpers/root.js';

const [name, ...argv] = process.argv.slice(2);
startSystemHost(packageProgram(ROOT));
const config = await Config.load(import.meta.url);
if (name === 'start') await SandboxStart.run(argv, config);
else await SandboxExec.run(argv, config);
