import { API_KEYS, type Broker, type JoinedGroup, type ProtocolRequest, requests } from './kafkajs-internals.js';

export interface Joining {
  readonly groupId: string;
  /** Empty for a member that has no id yet. */
  readonly memberId: string;
  readonly sessionTimeout: number;
  readonly rebalanceTimeout: number;
  readonly protocol: { readonly name: string; readonly metadata: Buffer };
}

/**
 * JoinGroup as kafkajs codes it. Not its broker's own method, which repeats the request by itself when the coordinator hands
 * out an id, so that one who gives up meanwhile would not know whom to take out of the group.
 */
export function joinGroupRequest(broker: Broker, { protocol, ...joining }: Joining): ProtocolRequest<JoinedGroup> {
  return broker.lookupRequest(
    API_KEYS.JoinGroup,
    requests.JoinGroup,
  )({
    ...joining,
    protocolType: 'consumer',
    groupProtocols: [protocol],
  });
}

/** The id that a refused newcomer is to join with. */
export function assignedId(error: unknown): string | undefined {
  const { name, memberId } = error as { readonly name?: string; readonly memberId?: string };
  return name === 'KafkaJSMemberIdRequired' ? memberId : undefined;
}
