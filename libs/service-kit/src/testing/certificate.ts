import { join } from 'node:path';

/** Files of a certificate for localhost and 127.0.0.1 that signed itself, and of its key: made for tests alone. */
export const localhostCertificate = {
  certificateFile: join(import.meta.dirname, 'localhost.crt'),
  keyFile: join(import.meta.dirname, 'localhost.key'),
};
