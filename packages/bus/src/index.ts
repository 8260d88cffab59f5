export {
  connectBus,
  type Bus,
  type BusOptions,
  type BusStatus,
  type Delivery,
} from './connection.ts';
export { createNkeySeed, publicNkey, signWithNkey, verifyWithNkey } from './nkeys.ts';
export {
  accountOf,
  brokerTrustOf,
  createBrokerSeeds,
  credentialFile,
  issueCredential,
  readCredential,
  type BrokerSeeds,
  type BrokerTrust,
  type BrokerUser,
  type CredentialClaims,
} from './operator.ts';
export {
  onBatch,
  onBeat,
  onJob,
  onReceipt,
  onSeen,
  onWitnessReply,
  onWitnessRequest,
  requestBeat,
  sendBatch,
  sendJob,
  sendReceipt,
  sendSeen,
  sendWitnessReply,
  sendWitnessRequest,
  type OnMalformed,
} from './messages.ts';
