const written = require('../.mocharc.cjs');

const compiled = (file) => file.replace(/^(\.\/)?(.*)\.ts$/, './build/compiled/$2.js');

/** For `scripts/mocha.js`. */
module.exports = {
  ...written,
  'node-option': undefined,
  require: written.require.map(compiled),
  ignore: written.ignore.map(compiled),
};
