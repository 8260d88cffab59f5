/**
 * Services: what is deployed and asked about as one. A service is a name, and its monitors are those
 * that bear it as their label `service`; there is no list of services to keep in step with that.
 */
import Type, { type Static } from 'typebox';

export const SERVICE_LABEL = 'service';

/** As values of labels in Kubernetes: no pattern of a selector can be mistaken for one. */
export const ServiceName = Type.String({
  pattern: '^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$',
  examples: ['checkout'],
});
export type ServiceName = Static<typeof ServiceName>;
