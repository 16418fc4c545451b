/** The reflected Castagnoli polynomial. */
const POLYNOMIAL = 0x82f63b78;

/** Four tables, so that four bytes are folded in at once ("slicing by 4", Kounavis and Berry, 2005). */
const TABLES = [new Int32Array(256), new Int32Array(256), new Int32Array(256), new Int32Array(256)] as const;
for (let byte = 0; byte < 256; byte++) {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ POLYNOMIAL : remainder >>> 1;
  TABLES[0][byte] = remainder;
}
for (let byte = 0; byte < 256; byte++) {
  for (let table = 1; table < 4; table++) {
    const shorter = TABLES[table - 1]?.[byte] ?? 0;
    const longer = TABLES[table];
    if (longer) longer[byte] = (shorter >>> 8) ^ (TABLES[0][shorter & 0xff] ?? 0);
  }
}

/** CRC-32C (RFC 3720, appendix B.4) of the bytes from `start`; an unsigned 32-bit integer. */
export function crc32c(bytes: Buffer, start = 0, end = bytes.length): number {
  const [one, two, three, four] = TABLES;
  let crc = -1;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    crc ^= bytes.readInt32LE(at);
    crc =
      (four[crc & 0xff] as number) ^
      (three[(crc >>> 8) & 0xff] as number) ^
      (two[(crc >>> 16) & 0xff] as number) ^
      (one[crc >>> 24] as number);
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ (one[(crc ^ (bytes[at] as number)) & 0xff] as number);
  return (crc ^ -1) >>> 0;
}
