export {
  connectBus,
  type Bus,
  type BusOptions,
  type BusStatus,
  type Delivery,
} from './connection.ts';
export { createNkeySeed, publicNkey } from './nkeys.ts';
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
