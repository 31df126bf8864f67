// Where an executable starts if it was built on its own kind of machine: ldctl, with what
// scripts/compile.cjs kept.
const { getAsset, getRawAsset } = require('node:sea');
const { Script } = require('node:vm');

const cachedData = Buffer.from(getRawAsset('ldctl.cache'));
const script = new Script(getAsset('ldctl.js', 'utf8'), {
  filename: 'ldctl.cjs',
  lineOffset: -1,
  cachedData,
});
// As Node itself says of code that it compiled ahead.
if (script.cachedDataRejected) process.emitWarning('the compiled code was rejected');
script.runInThisContext()(require, __filename, __dirname);
