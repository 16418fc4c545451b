/**
 * An address with this machine's name for each `{hostname}` in it: replicas that are given the same settings are reached
 * under addresses of their own, such as containers of one service, whose names the network resolves.
 * @param name of the machine; one with signs that no address may have is refused by whoever parses the result
 */
export const withHostname = (address: string, name: string): string => address.replaceAll('{hostname}', () => name);
