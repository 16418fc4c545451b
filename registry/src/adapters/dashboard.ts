/**
 * The dashboard is one page without data: it asks for a token (or takes `#token=…` from its address), and reads the HTTP
 * API with it every two seconds.
 */
export const dashboardPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Service registry</title>
<link rel="stylesheet" href="/dashboard.css">
<main>
  <h1>Service registry <small id="version"></small></h1>
  <form id="login" hidden>
    <label>Operator token <input id="token" autocomplete="off" spellcheck="false"></label>
    <button>Show services</button>
  </form>
  <p id="message" role="status">Loading…</p>
  <table id="services" hidden>
    <thead><tr><th>Service</th><th>Instance</th><th>Address</th><th>Status</th><th>Up since</th><th>Last heartbeat</th></tr></thead>
    <tbody></tbody>
  </table>
</main>
<script src="/dashboard.js"></script>
</html>
`;

export const dashboardStyle = `:root { color-scheme: light dark; --line: light-dark(#d9dde3, #343a44); --muted: light-dark(#5c6672, #9aa4b2); }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; background: light-dark(#f6f7f9, #14171c); color: light-dark(#1c2127, #e6e9ee); }
main { max-width: 1200px; margin: 0 auto; padding: 24px 16px; overflow-x: auto; }
h1 { font-size: 20px; } small { font-weight: 400; color: var(--muted); }
table { width: 100%; border-collapse: collapse; background: light-dark(#fff, #1b1f26); border: 1px solid var(--line); border-radius: 8px; }
th, td { text-align: left; padding: 8px 12px; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--muted); font-weight: 600; font-size: 13px; }
.status { font-size: 12px; font-weight: 600; padding: 2px 8px; border-radius: 10px; background: light-dark(#dcf5e3, #17402a); }
.status.DRAINING { background: light-dark(#fdebc8, #4a3910); }
#message { color: var(--muted); } input { width: min(60ch, 100%); padding: 6px; } button { padding: 6px 12px; }
@media (max-width: 1150px) { thead { display: none; } td { display: grid; grid-template-columns: 100px auto; justify-content: start; border: 0; padding: 2px 12px; white-space: normal; overflow-wrap: anywhere; } td::before { content: attr(data-label); color: var(--muted); font-size: 13px; } tr { display: block; padding: 8px 0; border-bottom: 1px solid var(--line); } }
`;

export const dashboardScript = `const show = (id, visible) => { document.getElementById(id).hidden = !visible; };
const message = (text) => { document.getElementById('message').textContent = text; show('message', text !== ''); };
const cell = (label, text, className) => { const td = document.createElement('td'); td.dataset.label = label; const span = document.createElement('span'); span.textContent = text; if (className) span.className = className; td.append(span); return td; };
const fromAddress = new URLSearchParams(location.hash.slice(1)).get('token');
if (fromAddress) { sessionStorage.setItem('token', fromAddress); history.replaceState(null, '', location.pathname); }
document.getElementById('login').addEventListener('submit', (event) => { event.preventDefault(); sessionStorage.setItem('token', document.getElementById('token').value.trim()); load(); });
const age = (then, now) => Math.max(0, Math.round((now - then) / 1000)) + ' s ago';
async function load() {
  const token = sessionStorage.getItem('token');
  if (!token) { show('login', true); message('Paste the operator token that was printed at the start.'); return; }
  try {
    const response = await fetch('/services', { headers: { authorization: 'Bearer ' + token } });
    const body = await response.json();
    if (!response.ok) { show('login', true); show('services', false); message(body.detail); return; }
    show('login', false); message(body.instances.length === 0 ? 'No service is registered.' : '');
    document.getElementById('version').textContent = 'version ' + body.version;
    const rows = body.instances.map((instance) => { const tr = document.createElement('tr'); tr.append(cell('Service', instance.service), cell('Instance', instance.id), cell('Address', instance.url), cell('Status', instance.status, 'status ' + instance.status), cell('Up since', new Date(instance.registeredAt).toLocaleString([], { dateStyle: 'medium', timeStyle: 'medium' })), cell('Last heartbeat', age(instance.lastHeartbeatAt, body.now))); return tr; });
    document.querySelector('#services tbody').replaceChildren(...rows); show('services', rows.length > 0);
  } catch { message('The registry does not answer; trying again.'); }
}
load(); setInterval(load, 2000);
`;
