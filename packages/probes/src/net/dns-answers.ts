/** Answers of a DNS packet in presentation format (RFC 1035 section 5), one text per record. */
import type { Answer, DecodedPacket, RecordType } from 'dns-packet';

/** RFC 6895: the four bits of the header; dns-packet has them as `rcode`, untyped. */
export function rcodeOf(packet: DecodedPacket): string {
  return 'rcode' in packet ? String(packet.rcode) : 'NOERROR';
}

/** The records of `type`, sorted. Aliases on the way to them are not answers. */
export function answersOf(packet: DecodedPacket, type: RecordType): string[] {
  return (packet.answers ?? [])
    .filter((answer) => answer.type === type)
    .map(present)
    .toSorted();
}

function present(answer: Answer): string {
  switch (answer.type) {
    case 'A':
    case 'AAAA':
    case 'CNAME':
    case 'NS':
      return answer.data;
    case 'MX':
      return `${answer.data.preference ?? 0} ${answer.data.exchange}`;
    case 'TXT':
      return textOf(answer.data);
    case 'SRV': {
      const { priority = 0, weight = 0, port, target } = answer.data;
      return `${priority} ${weight} ${port} ${target}`;
    }
    case 'SOA': {
      const {
        mname,
        rname,
        serial = 0,
        refresh = 0,
        retry = 0,
        expire = 0,
        minimum = 0,
      } = answer.data;
      return `${mname} ${rname} ${serial} ${refresh} ${retry} ${expire} ${minimum}`;
    }
    case 'CAA': {
      const { flags = 0, tag, value } = answer.data;
      return `${flags} ${tag} ${JSON.stringify(value)}`;
    }
    default:
      return answer.type;
  }
}

/** The strings of one TXT record belong together (RFC 7208 section 3.3). */
function textOf(data: string | Buffer | readonly (string | Buffer)[]): string {
  const parts = Array.isArray(data) ? data : [data as string | Buffer];
  return parts.map((part: string | Buffer) => part.toString()).join('');
}
