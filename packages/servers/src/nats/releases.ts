/** One official release archive and what it must hash to. */
export interface ReleasePin {
  readonly url: string;
  /** SHA-256 of the archive, hexadecimal. */
  readonly sha256: string;
  /** The binary's path inside the archive. */
  readonly member: string;
}

const VERSION = '2.14.5';

/*
 * Published SHA-256 sums of nats-server 2.14.5, by `<platform>-<arch>` as Node names them.
 * linux-*: the project's own container image, github.com/nats-io/nats-docker,
 * 2.14.x/alpine3.22/Dockerfile. darwin-*: github.com/cashapp/hermit-packages,
 * nats-server.hcl, which copies the release's SHA256SUMS (its linux-amd64 sum is the same
 * as the project's). Windows is left out: its archive is a zip, and its signals differ.
 */
const SHA256: Readonly<Record<string, { readonly arch: string; readonly sha256: string }>> = {
  'linux-x64': {
    arch: 'amd64',
    sha256: '5e3b603d47c447bda1f77f9ac16dbf91c90aac4ff3681f8fbbc7201e4ed99355',
  },
  'linux-arm64': {
    arch: 'arm64',
    sha256: '673a98d3faa79dde3f9ebf16d6dfac36a5f694e7ad2015e4954dd7939c85cd4c',
  },
  'linux-s390x': {
    arch: 's390x',
    sha256: '829193e8c592e0df5f15402c27417df18d26503d22b77dfc9491982fe0b51a67',
  },
  'linux-ppc64': {
    arch: 'ppc64le',
    sha256: '5d8f1a264a3bc4b30899814ae8e898b1268e817074635adddd24b32f388e4cc4',
  },
  'darwin-x64': {
    arch: 'amd64',
    sha256: 'f95c98d6b6ed2b63c5681b46b092c9585c99767d547cf495730c329234625e96',
  },
  'darwin-arm64': {
    arch: 'arm64',
    sha256: 'ddd907854d9a2de834af133fa396915fe6442fe6d8909ae31390d1ea7a0fea50',
  },
};

/** The pinned release for a platform, or `undefined` when no sum is known for it. */
export function releaseFor(platform: NodeJS.Platform, arch: string): ReleasePin | undefined {
  const pin = SHA256[`${platform}-${arch}`];
  if (pin === undefined) return undefined;
  const name = `nats-server-v${VERSION}-${platform}-${pin.arch}`;
  return {
    url: `https://github.com/nats-io/nats-server/releases/download/v${VERSION}/${name}.tar.gz`,
    sha256: pin.sha256,
    member: `${name}/nats-server`,
  };
}
