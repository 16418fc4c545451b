import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';

/** Waits until its input ends, which it does with the process that holds the other end, however that dies. */
const SCRIPT = `cat > /dev/null
for file in "$1"/*/pid; do
  [ -f "$file" ] || continue
  pid=$(cat "$file")
  case "$(ps -ww -o args= -p "$pid")" in *"$1/"*) kill -9 "$pid" ;; esac
done
[ "$2" = keep ] || rm -rf "$1"`;

/**
 * Ties daemons to the life of this process: when it ends, even by SIGKILL, those with a pid file in a folder of the
 * directory, and with the directory in their command line, are killed; the directory is then removed if told so.
 * @returns how to end it at once, which resolves when all of that is done
 */
export function tether(directory: string, afterwards: 'keep' | 'remove'): () => Promise<void> {
  const watch = spawn('sh', ['-c', SCRIPT, 'sh', directory, afterwards], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const exited = once(watch, 'exit');
  watch.unref();
  if (watch.stdin instanceof Socket) watch.stdin.unref();
  return async () => {
    watch.ref();
    watch.stdin.end();
    await exited;
  };
}
