import { type ClusterMetadata, requests, type ProtocolRequest } from './kafkajs-internals.js';

type Definition = {
  protocol(options: { version: number }): (options: object) => ProtocolRequest<ClusterMetadata>;
};

/** Metadata as kafkajs codes it, but errors of single topics are told, not thrown. No topics: all. */
export function metadataRequest(topics: readonly string[]): ProtocolRequest<ClusterMetadata> {
  const version = 6;
  const { request, response } = (requests.Metadata as Definition).protocol({ version })({
    topics,
    allowAutoTopicCreation: false,
  });
  return { request, response: { decode: (raw) => response.decode(raw), parse: async (answer) => answer } };
}
