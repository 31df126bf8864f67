import * as v from 'valibot';
import { isId } from '../base/ids.js';

/** An id on the disk: a string of digits, since programs that read JSON lose those of a long number. */
export const idText = v.pipe(
  v.string(),
  v.check((text) => /^\d{1,20}$/.test(text) && isId(BigInt(text))),
  v.transform((text) => BigInt(text)),
);
