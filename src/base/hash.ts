import { createHash, type Hash } from 'node:crypto';

export const sha256 = (text: string): Hash => createHash('sha256').update(text);

/** SHA-256, as 64 digits in lower case. */
export const hexHash = (text: string) => sha256(text).digest('hex');
