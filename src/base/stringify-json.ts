import { stringify } from 'lossless-json';

/** How ids are written: bare numbers, or strings for readers that lose digits (`--string-ids`). */
export interface JsonStyle {
  indent?: number;
  stringIds?: boolean;
}

/** Writes JSON with every bigint digit for digit. What has a `toJSON` is written as that says. */
export function stringifyJson(value: unknown, style: JsonStyle = {}): string {
  const { indent, stringIds = false } = style;
  return (indent ? thorough(value, stringIds, indent) : compact(value, stringIds)) ?? 'null';
}

function thorough(value: unknown, stringIds: boolean, indent?: number): string | undefined {
  return stringify(value, stringIds ? idsAsStrings : undefined, indent);
}

/** A replacer, as `JSON.stringify` and others take one. */
export function idsAsStrings(_name: unknown, item: unknown): unknown {
  return typeof item === 'bigint' ? item.toString() : item;
}

/** A string that JSON writes as it is. */
const PLAIN = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/;

/**
 * What `thorough` makes of it without an indent, in less than half the time and memory: long logs are written this way.
 * @returns undefined for what JSON has no form for
 */
function compact(value: unknown, stringIds: boolean): string | undefined {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'bigint') return stringIds ? `"${value}"` : String(value);
  if (value === null) return 'null';
  if (Array.isArray(value)) return `[${value.map((item) => compact(item, stringIds) ?? 'null').join()}]`;
  if (!isPlainObject(value)) return thorough(value, stringIds);
  let fields = '';
  for (const name in value) {
    const text = compact(value[name], stringIds);
    if (text === undefined) continue;
    const { first, next } = nameText(name);
    fields += (fields === '' ? first : next) + text;
  }
  return fields === '' ? '{}' : `${fields}}`;
}

/** What stands before a value: `{"name":` or `,"name":`. */
interface NameText {
  first: string;
  next: string;
}

/** Names come again and again; those of an answer gone wild must not fill the memory. */
const KNOWN_NAMES = 1000;
const nameTexts = new Map<string, NameText>();

function nameText(name: string): NameText {
  const known = nameTexts.get(name);
  if (known) return known;
  const text = { first: `{${quoted(name)}:`, next: `,${quoted(name)}:` };
  if (nameTexts.size < KNOWN_NAMES) nameTexts.set(name, text);
  return text;
}

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return false;
  return !('toJSON' in value);
}
