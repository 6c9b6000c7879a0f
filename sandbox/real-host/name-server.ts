import * as dgram from 'node:dgram';
import { NameNotFound, type NameResolver } from '../network';

/** RFC 1035, 4.1: where things are in a message, and their codes. */
const HEADER = 12;
const TYPE_A = 1;
const CLASS_IN = 1;
const codes = { success: 0, formatError: 1, serverFailure: 2, noSuchName: 3, notImplemented: 4 } as const;

/**
 * Answers a real host's questions for names from the sandbox's zones, over UDP on loopback. Every answer may be kept for
 * no time at all: a change of a record is visible from its moment on, as for simulated hosts.
 */
export class NameServer {
  private constructor(
    private readonly socket: dgram.Socket,
    private readonly resolver: NameResolver,
  ) {
    socket.on('message', (question, from) => {
      const answer = this.#answer(question);
      if (answer !== undefined) socket.send(answer, from.port, from.address);
    });
    socket.unref();
  }

  static async open(resolver: NameResolver, address: string): Promise<NameServer> {
    const socket = dgram.createSocket('udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(0, address, resolve);
    });
    return new NameServer(socket, resolver);
  }

  /** `address:port`, for RealHostOptions. */
  get endpoint(): string {
    const { address, port } = this.socket.address();
    return `${address}:${port}`;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.socket.close(resolve);
    });
  }

  #answer(message: Buffer): Buffer | undefined {
    // Too short to be answered, or itself an answer.
    if (message.length < HEADER || (message.readUInt8(2) & 0x80) !== 0) return undefined;
    const read = readQuestion(message);
    if (read === undefined) return reply(message, HEADER, codes.formatError, []);
    const { name, type, end } = read;
    try {
      const { addresses } = this.resolver.resolve(name);
      return reply(message, end, codes.success, type === TYPE_A ? addresses : []);
    } catch (error) {
      return reply(message, end, error instanceof NameNotFound ? codes.noSuchName : codes.serverFailure, []);
    }
  }
}

/** The one question of a message, and where it ends; undefined where it is malformed. */
function readQuestion(message: Buffer): { name: string; type: number; end: number } | undefined {
  const labels: string[] = [];
  let at = HEADER;
  for (;;) {
    const length = message[at];
    if (length === undefined || length > 63) return undefined;
    at += 1;
    if (length === 0) break;
    labels.push(message.toString('latin1', at, at + length));
    at += length;
  }
  if (message.readUInt16BE(4) !== 1 || at + 4 > message.length) return undefined;
  if (message.readUInt16BE(at + 2) !== CLASS_IN) return undefined;
  return { name: labels.join('.'), type: message.readUInt16BE(at), end: at + 4 };
}

function reply(message: Buffer, end: number, code: number, addresses: readonly string[]): Buffer {
  const header = Buffer.from(message.subarray(0, HEADER));
  // An answer, authoritative; recursion as it was desired, and available.
  header.writeUInt16BE(0x8480 | (message.readUInt16BE(2) & 0x0100) | code, 2);
  header.writeUInt16BE(end > HEADER ? 1 : 0, 4);
  header.writeUInt16BE(addresses.length, 6);
  header.writeUInt32BE(0, 8);
  const records = addresses.map((address) => {
    const record = Buffer.alloc(16);
    record.writeUInt16BE(0xc000 | HEADER, 0);
    record.writeUInt16BE(TYPE_A, 2);
    record.writeUInt16BE(CLASS_IN, 4);
    record.writeUInt32BE(0, 6);
    record.writeUInt16BE(4, 10);
    Buffer.from(address.split('.').map(Number)).copy(record, 12);
    return record;
  });
  return Buffer.concat([header, message.subarray(HEADER, end), ...records]);
}
