/** Text that sorts as the number does. @param milliseconds 0 to 9,999,999,999,999 */
export const sortable = (milliseconds: number): string =>
  String(Math.max(0, Math.floor(milliseconds))).padStart(13, '0');
