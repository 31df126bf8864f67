// Runs tests as mocha does, with the same arguments, compiled: `node scripts/mocha.js
// "test/parts/**/*.test.ts"`. `npx mocha` runs them too, but compiles in each process anew.
import { main } from '../node_modules/mocha/lib/cli/cli.js';
import { COMPILED, compileTests } from './compile-tests.js';

compileTests();
const compiled = (word) => word.replace(/^((?:--ignore=)?)(test\/.*)\.ts$/, `$1${COMPILED}/$2.js`);
main(['--config', 'test/compiled.mocharc.cjs', ...process.argv.slice(2).map(compiled)]);
