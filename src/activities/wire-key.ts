export * from '../job/wire-key.js';
