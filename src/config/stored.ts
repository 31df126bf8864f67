/*
 * What ldctl keeps on the disk, read by its schema. Apart from files.ts, so that a start that reads
 * none does not load the library of schemas.
 */

import * as v from 'valibot';

/** What a private file holds, checked; the issues of what is not JSON, or has another shape. */
export const parseStored = <T>(text: string, schema: v.GenericSchema<unknown, T>) =>
  v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
