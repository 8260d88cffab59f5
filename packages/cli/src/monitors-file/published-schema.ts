/** The JSON Schema of a monitors file, for editors and for programs that write such files. */
import { Channel, MonitorDefaults, MonitorInput } from '@trustmonitor/protocol';
import { API_VERSION } from './sections.ts';

/** What only a completed monitor shows (its quorum, its assertions) is left to `validate`. */
export const publishedSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'TrustMonitor monitors as code',
  type: 'object',
  additionalProperties: false,
  required: ['apiVersion'],
  properties: {
    apiVersion: { const: API_VERSION },
    defaults: { anyOf: [MonitorDefaults, { type: 'null' }] },
    notifications: { anyOf: [{ type: 'array', items: Channel }, { type: 'null' }] },
    monitors: { anyOf: [{ type: 'array', items: MonitorInput }, { type: 'null' }] },
  },
};
