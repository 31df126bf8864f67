/*
 * What ldctl keeps on the disk, read by its schema. Apart from files.ts, so that a start that reads
 * none does not load the library of schemas.
 */

import * as v from 'valibot';

/**
 * Checks what a private file holds.
 * @returns as `safeParse`: a failure also for what is not JSON
 */
export const parseStored = <T>(text: string, schema: v.GenericSchema<unknown, T>) =>
  v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
