// oclif's own entry, in a file of ours: as CommonJS, a bundle does not have its names at hand for an `import()`.
export { run } from '@oclif/core/run';
// It listens to stdout from the moment it is loaded, which is to be over when that is put right.
import '@oclif/core/command';
