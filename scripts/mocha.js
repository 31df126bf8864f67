// Runs tests as mocha does, with the same arguments, compiled: `node scripts/mocha.js
// "test/parts/**/*.test.ts"`. A file alone is as quick by `npx mocha`, which compiles as it loads.
import { main } from '../node_modules/mocha/lib/cli/cli.js';
import { COMPILED, compileTests } from './compile-tests.js';

compileTests();
const compiled = (word) => word.replace(/^((?:--ignore=)?)(test\/.*)\.ts$/, `$1${COMPILED}/$2.js`);
main(['--config', 'test/compiled.mocharc.cjs', ...process.argv.slice(2).map(compiled)]);
