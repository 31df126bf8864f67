// Run by the Node of an executable, with the flags that it will have, in the folder where it is
// made: ldctl lists a log of one entry, and what V8 compiled for that is kept. Compiled code holds
// functions, and nothing of what they did.
const { readFileSync, writeFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { Script } = require('node:vm');

const ENTRY = `{"id":1,"tenant_id":1,"division_id":1,"environment_id":1,"deployment_id":1,"author_id":1,"runtime":"iggy",
  "action":"restart","node_id":1,"status":"completed","created_at":"2026-01-01T00:00:00Z","finished_at":"2026-01-01T00:00:01Z"}`;
const PAGE = `{"items":[${ENTRY}],"page":1,"total_results":1,"total_pages":1}`;

// Stack traces count lines as the bundle does, without the first.
const source = `(function (require, __filename, __dirname) {\n${readFileSync('ldctl.cjs', 'utf8')}\n})`;
writeFileSync('ldctl.js', source);
const script = new Script(source, { filename: 'ldctl.cjs', lineOffset: -1 });
process.on('exit', () => writeFileSync('ldctl.cache', script.createCachedData()));

const { getBuiltinModule } = process;
const sea = { getAsset: (name) => readFileSync(`../../${name}`, 'utf8') };
process.getBuiltinModule = (id) => (id === 'node:sea' ? sea : getBuiltinModule(id));
for (const name of Object.keys(process.env)) if (name.startsWith('LD')) delete process.env[name];
process.argv.splice(1, Infinity, 'ldctl', 'activities', 'list');
const server = createServer((_request, response) =>
  response.setHeader('content-type', 'application/json').end(PAGE),
).unref();
server.listen(0, '127.0.0.1', () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  const settings = {
    LD_API_KEY: `ld_pk_${'0'.repeat(32)}`,
    LD_DEPLOYMENT_ID: '1',
    LD_SUPERVISOR_URL: url,
  };
  Object.assign(process.env, settings, { LDCTL_CONFIG_DIR: 'none', NO_PROXY: '*' });
  script.runInThisContext()(require, __filename, __dirname);
});
