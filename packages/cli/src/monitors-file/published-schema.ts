/** The JSON Schema of a monitors file, for editors and for programs that write such files. */
import {
  ChannelInput,
  FiledMonitor,
  MaintenanceInput,
  MonitorDefaults,
  OwnerName,
  RoutingInput,
  SloInput,
  Slug,
} from '@trustmonitor/protocol';
import { RegionSet } from './region-sets.ts';
import type { SchemaNode } from './schema-node.ts';
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
    owner: { anyOf: [OwnerName, { type: 'null' }] },
    defaults: { anyOf: [MonitorDefaults, { type: 'null' }] },
    regions: {
      anyOf: [
        {
          type: 'object',
          additionalProperties: false,
          patternProperties: { [(Slug as SchemaNode).pattern ?? '']: RegionSet },
        },
        { type: 'null' },
      ],
    },
    notifications: { anyOf: [{ type: 'array', items: ChannelInput }, { type: 'null' }] },
    routing: { anyOf: [RoutingInput, { type: 'null' }] },
    slos: { anyOf: [{ type: 'array', items: SloInput }, { type: 'null' }] },
    maintenance: { anyOf: [{ type: 'array', items: MaintenanceInput }, { type: 'null' }] },
    monitors: { anyOf: [{ type: 'array', items: FiledMonitor }, { type: 'null' }] },
  },
};
