// The process whose coverage is measured: runs the test files it is given, and prints those tests that fail.
import Mocha from 'mocha';

const mocha = new Mocha({ reporter: Failures, timeout: 60_000 });
for (const file of process.argv.slice(2)) mocha.addFile(file);
await mocha.loadFilesAsync();
mocha.run((failed) => (process.exitCode = failed > 0 ? 1 : 0));

function Failures(runner) {
  runner.on('fail', (test, error) => console.log(`failed: ${test.fullTitle()}\n${error.stack ?? error.message}\n`));
}
