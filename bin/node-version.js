/**
 * Says that this Node is too old. As plain as this stays, Node 14 and later can read it; what is in
 * `dist/` they cannot.
 * @param {string} version as `process.versions.node` has it
 * @param {string} oldest the oldest that will do
 * @returns {string | null} one line; null when it will do
 */
function tooOld(version, oldest) {
  const [major, minor] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = oldest.split('.').map(Number);
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return null;
  return `error: ldctl needs Node ${oldest} or later; this is Node ${version} (${process.execPath})`;
}

exports.tooOld = tooOld;
