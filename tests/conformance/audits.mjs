// Every audit of graphql-http, against the service at the address given: one line each.
import { serverAudits } from 'graphql-http';

const url = process.argv[2];
const token = process.env.TOKEN;
const authorization = token ? { Authorization: `Bearer ${token}` } : {};
const fetchFn = (input, init) => fetch(input, { ...init, headers: { ...init?.headers, ...authorization } });
const audits = serverAudits({ url, fetchFn });
let failures = 0;
for (const audit of audits) {
  const result = await audit.fn();
  const passed = result.status === 'ok';
  failures += passed ? 0 : 1;
  console.log(`${passed ? 'pass' : 'FAIL'}  ${audit.id}  ${audit.name}${passed ? '' : `: ${result.reason}`}`);
}
console.log(`${audits.length - failures} of ${audits.length} audits pass`);
process.exit(failures ? 1 : 0);
