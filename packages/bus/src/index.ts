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
  requestBeat,
  sendBatch,
  sendJob,
  sendReceipt,
  type OnMalformed,
} from './messages.ts';
