/** One call for each route of sessions. */
export const sessionSamples = (token: string) => ({
  'GET /v1/session': () => ({ path: '/v1/session', status: 200 }),
  'GET /v1/session/ways': () => ({ path: '/v1/session/ways', status: 200 }),
  'POST /v1/session/codes': () => ({ path: '/v1/session/codes', status: 201 }),
  'POST /v1/session': () => ({
    path: '/v1/session',
    status: 201,
    body: { token },
    headers: { 'x-trustmonitor-console': '1' },
  }),
  'DELETE /v1/session': () => ({ path: '/v1/session', status: 204 }),
});
