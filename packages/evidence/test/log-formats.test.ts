import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addSignatureLines,
  checkpointText,
  cosign,
  cosignatureTime,
  encodeUtf8,
  entriesPath,
  formatEntries,
  formatNote,
  formatTlogProof,
  formatVkey,
  logLeafOf,
  meetsQuorum,
  nobleVerifier,
  noteKeyOf,
  parseCheckpoint,
  parseEntries,
  parseNote,
  parsePolicy,
  parseTilePath,
  parseTlogProof,
  parseVkey,
  requireLogSignature,
  signCheckpoint,
  signEnvelope,
  spkiOf,
  tilePath,
  treeHead,
  leafHash,
} from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import { signerOf } from './fixture/network.ts';

const malformed = expect.objectContaining({ code: 'message.malformed' });
const forged = expect.objectContaining({ code: 'signature.invalid' });

describe('signed notes (C2SP signed-note)', () => {
  const vkey = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
  const note =
    'This is an example message.\n\n— example.com/foo ' +
    'Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';

  it('verify by the example key of the specification', () => {
    const key = parseVkey(vkey);
    const { text, signatures } = parseNote(note);
    expect(text).toBe('This is an example message.\n');
    expect(signatures).toMatchObject([{ name: key.name, keyId: '530d903a' }]);
    expect(nobleVerifier.verify(key.publicKey, encodeUtf8(text), signatures[0]!.body)).toBe(true);
    expect(formatVkey(key)).toBe(vkey);
    expect(formatNote(parseNote(note))).toBe(note);
  });

  it('may have empty lines in their text', () => {
    const poem =
      'Ognuno sta solo\n\ned è subito sera.\n\n— quasimodo.example/salvatore ' +
      'NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n';
    expect(parseNote(poem).text).toBe('Ognuno sta solo\n\ned è subito sera.\n');
  });

  it.each([
    ['no signature', 'text\n'],
    ['no blank line', 'text\n— a/b AAAAAAA=\n'],
    ['no last line break', note.slice(0, -1)],
    ['a hyphen for the dash', note.replace('—', '-')],
    ['a name with a plus', note.replace('example.com/foo', 'a+b')],
    ['a control character', note.replace('This', 'Th\tis')],
    ['a carriage return', note.replaceAll('\n', '\r\n')],
    ['base64 with stray bits', note.replace('aQM=', 'aQN=')],
    ['a signature of four bytes', 'text\n\n— a/b AAAAAA==\n'],
    ['too many signatures', `text\n\n${'— a/b AAAAAAA=\n'.repeat(65)}`],
  ])('are refused with %s', (_, text) => {
    expect(() => parseNote(text)).toThrow(malformed);
  });

  it.each([
    ['another key id', vkey.replace('530d903a', '530d903b')],
    ['another name', vkey.replace('foo', 'bar')],
    ['an unknown type', vkey.replace('+Aeky', '+Beky')],
    ['a key cut short', vkey.slice(0, -4)],
    ['no key', 'example.com/foo+530d903a'],
  ])('have no key with %s', (_, text) => {
    expect(() => parseVkey(text)).toThrow(malformed);
  });
});

describe('checkpoints and cosignatures', () => {
  const [log, witness, other] = [signerOf('log'), signerOf('w1'), signerOf('w2')];
  const origin = 'trustmonitor.example/log';
  const checkpoint = { origin, size: 20852163, root: treeHead([leafHash(encodeUtf8('a'))]) };
  const logKey = noteKeyOf(origin, 'ed25519', log.publicKey);
  const witnessKey = noteKeyOf('witness.example/w1', 'cosignature', witness.publicKey);
  const signed = signCheckpoint(checkpoint, log);
  const T = 1_769_860_800;
  const cosigned = addSignatureLines(signed, [cosign(signed, witnessKey.name, witness, T)]);

  it('read back as written', () => {
    const note = parseNote(cosigned);
    expect(parseCheckpoint(note.text)).toEqual(checkpoint);
    expect(note.signatures.map(({ name }) => name)).toEqual([origin, 'witness.example/w1']);
  });

  it.each([nobleVerifier, nodeVerifier])('verify with either back end', (verifier) => {
    const note = parseNote(cosigned);
    expect(() => requireLogSignature(note, logKey, verifier)).not.toThrow();
    expect(cosignatureTime(note, witnessKey, verifier)).toBe(T);
    const stranger = noteKeyOf('witness.example/w2', 'cosignature', other.publicKey);
    expect(cosignatureTime(note, stranger, verifier)).toBeNull();
  });

  it('count the earliest of two cosignatures by one witness, and a line once', () => {
    const line = cosign(signed, witnessKey.name, witness, T - 5);
    const twice = addSignatureLines(addSignatureLines(cosigned, [line, line]), [line]);
    expect(parseNote(twice).signatures).toHaveLength(3);
    expect(cosignatureTime(parseNote(twice), witnessKey, nodeVerifier)).toBe(T - 5);
  });

  it('fail when the text, the time or the key is another', () => {
    const moved = parseNote(cosigned.replace('20852163', '20852164'));
    expect(() => requireLogSignature(moved, logKey, nodeVerifier)).toThrow(forged);
    expect(() => cosignatureTime(moved, witnessKey, nodeVerifier)).toThrow(forged);

    const note = parseNote(cosigned);
    const [, line] = note.signatures;
    const later = line!.body.slice();
    later[7]! ^= 1;
    const retimed = { ...note, signatures: [{ ...line!, body: later }] };
    expect(() => cosignatureTime(retimed, witnessKey, nodeVerifier)).toThrow(forged);
    expect(() => requireLogSignature(retimed, logKey, nodeVerifier)).toThrow(/has not signed/);
  });

  it("do not take a log's signature for a witness's, nor a witness's for a log's", () => {
    const asWitness = noteKeyOf(origin, 'cosignature', log.publicKey);
    expect(asWitness.keyId).not.toBe(logKey.keyId);
    expect(cosignatureTime(parseNote(signed), asWitness, nodeVerifier)).toBeNull();
  });

  it('name their own origin', () => {
    const foreign = signCheckpoint({ ...checkpoint, origin: 'rival.example/log' }, log);
    expect(() => requireLogSignature(parseNote(foreign), logKey, nodeVerifier)).toThrow(forged);
  });

  const text = checkpointText(checkpoint);
  it.each([
    ['a leading zero', text.replace('20852163', '020852163')],
    ['a negative size', text.replace('20852163', '-1')],
    ['a size past 2^53', text.replace('20852163', '9007199254740993')],
    ['an extension line', `${text}extra\n`],
    ['a short root', text.replace(/\n[^\n]+\n$/, '\nAAAA\n')],
    ['no origin', text.slice(text.indexOf('\n'))],
  ])('are refused with %s', (_, changed) => {
    expect(() => parseCheckpoint(changed)).toThrow(malformed);
  });
});

describe('log proofs (C2SP tlog-proof)', () => {
  const proof = {
    index: 73894,
    path: [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)],
    checkpoint: 'example.com/log\n1\nAAAA\n\n— example.com/log AAAAAAA=\n',
  };
  const text = formatTlogProof(proof);

  it('read back as written', () => {
    expect(text.split('\n').slice(0, 2)).toEqual(['c2sp.org/tlog-proof@v1', 'index 73894']);
    expect(parseTlogProof(text)).toEqual(proof);
    expect(parseTlogProof(formatTlogProof({ ...proof, path: [] })).path).toEqual([]);
  });

  it.each([
    ['another version', text.replace('@v1', '@v2')],
    ['extra data, which nothing signs', text.replace('index', 'extra AAAA\nindex')],
    ['a leading zero', text.replace('73894', '073894')],
    ['no index', text.replace('index 73894\n', '')],
    ['a short hash', text.replace(/\n[A-Za-z0-9+/=]{44}\n/, '\nAAAA\n')],
    ['too many hashes', formatTlogProof({ ...proof, path: Array(60).fill(proof.path[0]) })],
    ['no checkpoint', text.slice(0, text.indexOf('\n\n'))],
  ])('are refused with %s', (_, changed) => {
    expect(() => parseTlogProof(changed)).toThrow(malformed);
  });
});

describe('witness policies (C2SP tlog-policy)', () => {
  const vkey = (name: string, type: 'ed25519' | 'cosignature' = 'cosignature') =>
    formatVkey(noteKeyOf(name, type, signerOf(name).publicKey));
  const names = ['X1', 'X2', 'X3', 'Y1', 'Y2', 'Y3'];
  const witnesses = names.map((name) => `witness ${name} ${vkey(name)}`);
  const text = [
    '# two levels, as in the specification',
    `log ${vkey('l', 'ed25519')} https://log.example/`,
    '',
    ...witnesses.slice(0, 3),
    '  group  X-witnesses\t2 X1 X2 X3',
    ...witnesses.slice(3),
    'group Y-witnesses any Y1 Y2 Y3',
    'group X-and-Y all X-witnesses Y-witnesses',
    'quorum X-and-Y',
    '',
  ].join('\n');

  it('say which witnesses suffice', () => {
    const policy = parsePolicy(text);
    expect(policy.logs.map(({ name }) => name)).toEqual(['l']);
    expect(policy.witnesses.map(({ name }) => name)).toEqual(names);
    const meets = (...cosigned: string[]) => meetsQuorum(policy, new Set(cosigned));
    expect(meets('X1', 'X3', 'Y2')).toBe(true);
    expect(meets(...names)).toBe(true);
    expect(meets('X1', 'Y1', 'Y2', 'Y3')).toBe(false);
    expect(meets('X1', 'X2', 'X3')).toBe(false);
    expect(meets('X-and-Y')).toBe(false);
    expect(meets()).toBe(false);
  });

  it('may name a single witness, or none', () => {
    const one = parsePolicy(`${witnesses[0]}\nquorum X1\n`);
    expect(meetsQuorum(one, new Set(['X1']))).toBe(true);
    expect(meetsQuorum(one, new Set())).toBe(false);
    expect(meetsQuorum(parsePolicy('quorum none\n'), new Set())).toBe(true);
  });

  const [w1, w2] = witnesses;
  it.each([
    ['no quorum', [w1]],
    ['two quorums', [w1, 'quorum X1', 'quorum X1']],
    ['a quorum of nobody known', ['quorum X1']],
    ['a quorum named before its witness', ['quorum X1', w1]],
    ['a group of nobody', ['group g all', 'quorum g']],
    ['a group of a stranger', ['group g all X1', 'quorum g']],
    ['a threshold of zero', [w1, 'group g 0 X1', 'quorum g']],
    ['a threshold above its members', [w1, 'group g 2 X1', 'quorum g']],
    ['a threshold that is no number', [w1, 'group g some X1', 'quorum g']],
    ['a witness in two groups', [w1, 'group a all X1', 'group b all X1', 'quorum a']],
    ['a witness twice in a group', [w1, 'group g 2 X1 X1', 'quorum g']],
    ['one key under two names', [w1, w1!.replace('X1', 'Z'), 'quorum X1']],
    ['one name for two', [w1, `witness X1 ${vkey('Z')}`, 'quorum X1']],
    ['a witness called none', [w1!.replace('witness X1', 'witness none'), 'quorum none']],
    ['a log key as witness', [`witness X1 ${vkey('X1', 'ed25519')}`, 'quorum X1']],
    ['a witness key as log', [`log ${vkey('l')}`, 'quorum none']],
    ['a word too many', [w1, 'quorum X1 X2']],
    ['an unknown keyword', [w1, w2, 'threshold 2', 'quorum X1']],
  ])('are refused with %s', (_, lines) => {
    expect(() => parsePolicy(`${lines.join('\n')}\n`)).toThrow(malformed);
  });
});

describe('log leaves and tiles', () => {
  it('are the body of a Rekor v2 dsse entry', () => {
    const signer = signerOf('report');
    const envelope = signEnvelope('application/vnd.in-toto+json', encodeUtf8('{}'), signer);
    const leaf = JSON.parse(Buffer.from(logLeafOf(envelope, [signer.publicKey])).toString());
    expect(leaf).toEqual({
      apiVersion: '0.0.2',
      kind: 'dsse',
      spec: {
        dsseV002: {
          payloadHash: {
            algorithm: 'SHA2_256',
            digest: 'RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=',
          },
          signatures: [
            {
              content: envelope.signatures[0]!.sig,
              verifier: {
                keyDetails: 'PKIX_ED25519',
                publicKey: { rawBytes: Buffer.from(spkiOf(signer.publicKey)).toString('base64') },
              },
            },
          ],
        },
      },
    });
    expect(() => logLeafOf(envelope, [])).toThrow(malformed);
  });

  it.each([
    [{ level: 0, index: 0, width: 256 }, 'tile/0/000'],
    [{ level: 1, index: 1234067, width: 256 }, 'tile/1/x001/x234/067'],
    [{ level: 2, index: 0, width: 1 }, 'tile/2/000.p/1'],
    [{ level: 0, index: 273, width: 112 }, 'tile/0/273.p/112'],
    [{ level: 63, index: 1000, width: 255 }, 'tile/63/x001/000.p/255'],
  ])('tile %j is at %s', (tile, path) => {
    expect(tilePath(tile)).toBe(path);
    expect(parseTilePath(path)).toEqual(tile);
  });

  it('entries stand beside the tiles', () => {
    expect(entriesPath(1234067)).toBe('tile/entries/x001/x234/067');
    expect(parseTilePath(entriesPath(3, 7))).toEqual({ level: 'entries', index: 3, width: 7 });
  });

  it.each([
    'tile/64/000',
    'tile/00/000',
    'tile/0/0',
    'tile/0/x000/001',
    'tile/0/001.p/0',
    'tile/0/001.p/256',
    'tile/0/001/002',
    'tile/0/x001',
    'checkpoint',
    'tile/x/000',
    'tile/0/000.p/01',
  ])('%s is no tile', (path) => {
    expect(() => parseTilePath(path)).toThrow(malformed);
  });

  it('entry bundles read back as written', () => {
    const entries = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 });
    fc.assert(
      fc.property(entries, (list) => {
        const bundle = formatEntries(list);
        expect(parseEntries(bundle)).toEqual(list);
        if (bundle.length > 0) {
          expect(() => parseEntries(bundle.subarray(0, -1))).toThrow(malformed);
        }
      }),
    );
    expect(() => formatEntries([new Uint8Array(70_000)])).toThrow(malformed);
  });
});
