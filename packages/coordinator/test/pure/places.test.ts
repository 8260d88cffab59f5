import { expect, test } from 'vitest';
import { placeNamed } from '../../src/regions/places.ts';

test.each([
  ['eu-west', 53.3],
  ['eu-west-1', 53.3],
  ['eu-west-2', 51.5],
  ['eu-west-2a', 51.5],
  ['eu-west-9', 53.3],
  ['eu-hetzner', 50.1],
  ['europe-west4', 50.4],
  ['us-east-1-spare', 39.0],
  ['fra', 50.1],
  ['fra1', 50.1],
  ['tokyo-basement', 35.7],
])('%s is where its name says', (region, latitude) => {
  expect(placeNamed(region)?.latitude).toBe(latitude);
});

test.each(['rack-7', 'office', 'western', 'in-house', 'constructor', 'euro', '1'])(
  '%s is nowhere',
  (region) => {
    expect(placeNamed(region)).toBeNull();
  },
);
