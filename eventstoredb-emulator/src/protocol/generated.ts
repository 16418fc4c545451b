/*
 * EventStoreDB's protocol as code, which ships inside its client. It is CommonJS, so this file turns it into names; nothing
 * else imports it.
 */
import codes from '@eventstore/db-client/generated/code_pb.js';
import gossipService from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import gossip from '@eventstore/db-client/generated/gossip_pb.js';
import featuresService from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import features from '@eventstore/db-client/generated/serverfeatures_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import statuses from '@eventstore/db-client/generated/status_pb.js';
import streamsService from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import any from 'google-protobuf/google/protobuf/any_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';

export type * as Streams from '@eventstore/db-client/generated/streams_pb.js';
export type * as Shared from '@eventstore/db-client/generated/shared_pb.js';
export type { Status as StatusMessage } from '@eventstore/db-client/generated/status_pb.js';

export const { StreamsService } = streamsService;
export const { ServerFeaturesService } = featuresService;
export const { GossipService } = gossipService;
export const { ReadResp, AppendResp, BatchAppendResp, DeleteResp, TombstoneResp } = streams;
export const {
  UUID,
  Empty: SharedEmpty,
  StreamIdentifier,
  AllStreamPosition,
  WrongExpectedVersion,
  StreamDeleted,
  AccessDenied,
  Timeout,
  Unknown,
  BadRequest,
  MaximumAppendSizeExceeded,
} = shared;
export const { SupportedMethods, SupportedMethod } = features;

export const { Status } = statuses;
export const { Code } = codes;
export const { Any } = any;
export const { Empty } = empty;
export const { ClusterInfo, MemberInfo, EndPoint } = gossip;
export type { ClusterInfo as ClusterInfoMessage } from '@eventstore/db-client/generated/gossip_pb.js';
export type { SupportedMethods as SupportedMethodsMessage } from '@eventstore/db-client/generated/serverfeatures_pb.js';
