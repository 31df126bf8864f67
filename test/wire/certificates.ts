import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

/*
 * X.509 certificates for tests, written byte by byte (RFC 5280): Node reads them but does not make
 * them, and openssl is not everywhere.
 */

export interface Certificate {
  /** PEM. */
  cert: string;
  /** PEM. */
  key: string;
}

export interface Authority extends Certificate {
  /** A certificate for a server with these names; numbers with dots are treated as addresses. */
  issue(names: readonly string[], validTo?: Date): Certificate;
}

const OID = {
  commonName: '550403',
  ecdsaWithSha256: '2a8648ce3d040302',
  basicConstraints: '551d13',
  altName: '551d11',
};
const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

export function createAuthority(name: string): Authority {
  const { publicKey, privateKey: signer } = newKeys();
  const isAuthority = extension(OID.basicConstraints, sequence(der(0x01, Buffer.from([0xff]))));
  return {
    cert: certificate({ subject: name, issuer: name, publicKey, signer, extension: isAuthority }),
    key: pem(signer),
    issue: (names, validTo) => {
      const own = newKeys();
      const cert = certificate({
        subject: names[0] ?? '',
        issuer: name,
        publicKey: own.publicKey,
        signer,
        extension: extension(OID.altName, sequence(...names.map(altName))),
        validTo,
      });
      return { cert, key: pem(own.privateKey) };
    },
  };
}

interface Contents {
  subject: string;
  issuer: string;
  publicKey: KeyObject;
  /** The issuer's private key. */
  signer: KeyObject;
  extension: Buffer;
  validTo?: Date;
}

function certificate(contents: Contents): string {
  const { subject, issuer, publicKey, signer, validTo } = contents;
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const end = validTo ?? new Date(Date.now() + YEAR_MS);
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    distinguishedName(issuer),
    sequence(utcTime(new Date(end.getTime() - 2 * YEAR_MS)), utcTime(end)),
    distinguishedName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(contents.extension)),
  );
  const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, signer)]));
  const base64 = sequence(body, algorithm, signature).toString('base64');
  // No empty line where the last one is full: OpenSSL would take the certificate for a broken one.
  const lines = base64.match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

function newKeys(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function distinguishedName(name: string): Buffer {
  return sequence(der(0x31, sequence(oid(OID.commonName), der(0x0c, Buffer.from(name)))));
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(oid(id), der(0x04, value));
}

function altName(name: string): Buffer {
  const isAddress = /^[\d.]+$/.test(name);
  return isAddress
    ? der(0x87, Buffer.from(name.split('.').map(Number)))
    : der(0x82, Buffer.from(name));
}

function utcTime(time: Date): Buffer {
  const digits = time.toISOString().replace(/[-:T]/g, '').slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`));
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

/** Tag, length, value. */
function der(tag: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag, ...sizeOf(value.length)]), value]);
}

/** A length above 127 comes after the number of its bytes. */
function sizeOf(length: number): number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}
