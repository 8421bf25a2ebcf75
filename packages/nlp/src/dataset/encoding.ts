/**
 * How bytes become text: the encodings of the Encoding Standard, which every browser and Node know. Without a name, a
 * byte order mark decides, then whether the bytes are UTF-8, and what is left is windows-1252, as on the web: of single-byte
 * Western text the Standard reads even what calls itself Latin-1 so.
 */
import { nearestNames, UserError } from '@attune/core';

/** Names to choose from in messages; every label of the Encoding Standard is taken. */
const COMMON = [
  'utf-8',
  'utf-16le',
  'utf-16be',
  'windows-1250',
  'windows-1251',
  'windows-1252',
  'iso-8859-2',
  'iso-8859-15',
].concat(['koi8-r', 'macintosh', 'shift_jis', 'euc-jp', 'euc-kr', 'gbk', 'gb18030', 'big5']);

export const FALLBACK_ENCODING = 'windows-1252';

/** Takes bytes piece by piece, as a stream gives them. */
export interface Decoder {
  /** The Standard's name. */
  readonly encoding: string;
  /** @throws TypeError for bytes that are nothing in this encoding. */
  decode(bytes: Uint8Array): string;
  /** What was kept back. @throws TypeError when the text ends inside a character. */
  end(): string;
}

/** @throws UserError for a name that is none of an encoding. */
export function decoderOf(encoding: string): Decoder {
  const decoder = makeDecoder(encoding);
  const finish = decoder.encoding === FALLBACK_ENCODING ? mapControls : (text: string) => text;
  return {
    encoding: decoder.encoding,
    decode: (bytes) => finish(decoder.decode(bytes, { stream: true })),
    end: () => finish(decoder.decode()),
  };
}

function makeDecoder(encoding: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch {
    const near = nearestNames(encoding, COMMON);
    throw new UserError(
      `There is no encoding '${encoding}'.`,
      `${near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `Common ones: ${COMMON.join(', ')}.`} Leave it out to have it found.`,
    );
  }
}

/** The encoding that a byte order mark names. */
export function markedEncoding(start: Uint8Array): string | undefined {
  if (start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf) return 'utf-8';
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be';
  return undefined;
}

/** Bytes 0x80 to 0x9f of windows-1252; 0x81, 0x8d, 0x8f, 0x90 and 0x9d are the controls of the same number. */
const WINDOWS_1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/** Some releases of Node decode windows-1252 as Latin-1 (nodejs/node#56542); on what is decoded well this does nothing. */
function mapControls(text: string): string {
  return text.replace(/[\u0080-\u009f]/g, (control) => WINDOWS_1252[control.charCodeAt(0) - 0x80]!);
}
