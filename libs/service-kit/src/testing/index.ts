export { localhostCertificate } from './certificate.js';
export { overriding } from './overriding.js';
export { pick, seededRandom } from './random.js';
