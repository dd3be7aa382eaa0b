import type { GroupRule } from '../../config/oidc-settings';
import { membershipOf } from './group-rules';

const rules: GroupRule[] = [
  { group: 'platen-admins', role: 'admin' },
  { group: 'support', role: 'technician', customers: ['Acme', 'Globex'] },
  { group: 'support-south', role: 'technician', customers: ['Globex', 'Initech'] },
];

it.each([
  [['support'], 'technician', ['Acme', 'Globex']],
  [['support', 'support-south'], 'technician', ['Acme', 'Globex', 'Initech']],
  [['support', 'platen-admins'], 'admin', ['Acme', 'Globex']],
  ['platen-admins', 'admin', []],
])('%j is %s of %j', (claim, role, customers) => {
  expect(membershipOf(claim, rules)).toEqual({ role, customers });
});

it.each([
  [undefined],
  [null],
  [[]],
  [['other']],
  [['SUPPORT']],
  ['support,platen-admins'],
  [[{ name: 'support' }]],
  [7],
])('%j is nothing', (claim) => {
  expect(membershipOf(claim, rules)).toBeUndefined();
});
