import type { sendUnaryData } from '@grpc/grpc-js';
import { randomUUID } from 'node:crypto';
import type { ClusterInfoMessage, SupportedMethodsMessage } from '../protocol/generated.js';
import {
  ClusterInfo,
  EndPoint,
  MemberInfo,
  StreamsService,
  SupportedMethod,
  SupportedMethods,
} from '../protocol/generated.js';
import { uuidMessage } from '../protocol/text.js';

/** The version of EventStoreDB whose behaviour is offered; from 23.10 on clients are told when they have caught up. */
export const SERVER_VERSION = '23.10.0';

const FEATURES: Readonly<Record<string, readonly string[]>> = { Read: ['position', 'events'] };

/** What a client asks first, to know how it may talk to this server. */
export function getSupportedMethods(_call: unknown, answer: sendUnaryData<SupportedMethodsMessage>): void {
  const methods = new SupportedMethods().setEventStoreServerVersion(SERVER_VERSION);
  for (const { path } of Object.values(StreamsService)) {
    const [, service = '', method = ''] = path.split('/');
    const supported = new SupportedMethod().setServiceName(service.toLowerCase()).setMethodName(method.toLowerCase());
    methods.addMethods(supported.setFeaturesList([...(FEATURES[method] ?? [])]));
  }
  answer(null, methods);
}

/** For clients that look for a cluster: it has one member, which leads. */
export function gossipService(address: () => { readonly host: string; readonly port: number }) {
  const instance = randomUUID();
  return (_call: unknown, answer: sendUnaryData<ClusterInfoMessage>): void => {
    const { host, port } = address();
    const member = new MemberInfo()
      .setInstanceId(uuidMessage(instance, false))
      .setTimeStamp(String(BigInt(Date.now()) * 10_000n))
      .setState(MemberInfo.VNodeState.LEADER)
      .setIsAlive(true)
      .setHttpEndPoint(new EndPoint().setAddress(host).setPort(port));
    const cluster = new ClusterInfo();
    cluster.addMembers(member);
    answer(null, cluster);
  };
}
