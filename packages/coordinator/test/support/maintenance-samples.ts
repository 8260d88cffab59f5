/** One call for each route of maintenance, in this order, about the monitor `shown`. */
const maintenance = {
  ...{ id: 'sample', selector: { monitors: ['shown'] }, reason: 'upgrade' },
  ...{ from: new Date().toISOString(), until: new Date(Date.now() + 3_600_000).toISOString() },
};

export const MAINTENANCE_SAMPLES = {
  'POST /v1/maintenance': () => ({ path: '/v1/maintenance', status: 201, body: maintenance }),
  'PUT /v1/maintenance/{id}': () => ({
    path: '/v1/maintenance/sample',
    status: 200,
    body: maintenance,
  }),
  'GET /v1/maintenance': () => ({ path: '/v1/maintenance', status: 200 }),
  'GET /v1/maintenance/{id}': () => ({ path: '/v1/maintenance/sample', status: 200 }),
  'POST /v1/maintenance/{id}/end': () => ({ path: '/v1/maintenance/sample/end', status: 200 }),
  'DELETE /v1/maintenance/{id}': () => ({ path: '/v1/maintenance/sample', status: 204 }),
};
