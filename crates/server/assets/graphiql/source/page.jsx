// The GraphiQL page: the editor, a bar for the token, and subscriptions over graphql-transport-ws.
// The token comes from the URL's fragment, which never reaches a server or its logs, or from the bar.

import React, { useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createClient } from 'graphql-ws';
import 'graphiql/graphiql.css';
import './page.css';

const STORED = 'roadbook.token';
const endpoint = new URL('graphql', window.location.href);
endpoint.hash = '';

const EXAMPLE = `# Every road map, with the state it is in now.
{
  roadMaps(first: 5) {
    edges {
      node {
        id
        slug
        state {
          title
          moment { version cursor }
        }
      }
    }
  }
}
`;

/** The token of the fragment, else the one kept for this tab. */
function firstToken() {
  const fragment = new URLSearchParams(window.location.hash.slice(1)).get('token');
  if (fragment) {
    sessionStorage.setItem(STORED, fragment);
    // Out of the address bar, and so out of bookmarks and screenshots.
    window.history.replaceState(null, '', window.location.pathname + window.location.search);
  }
  return fragment ?? sessionStorage.getItem(STORED) ?? '';
}

/** Whom the token names, for the eye only: the server checks it, this page does not. */
function organisation(token) {
  try {
    const claims = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
    return JSON.parse(atob(claims)).org ?? '';
  } catch {
    return '';
  }
}

function makeFetcher(token) {
  const authorization = token ? { Authorization: `Bearer ${token}` } : {};
  const socket = new URL(endpoint);
  socket.protocol = endpoint.protocol === 'https:' ? 'wss:' : 'ws:';
  return createGraphiQLFetcher({
    url: endpoint.href,
    headers: authorization,
    fetch: (input, options) =>
      window.fetch(input, {
        ...options,
        headers: { ...options.headers, accept: 'application/graphql-response+json, application/json' },
      }),
    wsClient: createClient({ url: socket.href, connectionParams: authorization }),
  });
}

function Page() {
  const [token, setToken] = useState(firstToken);
  const fetcher = useMemo(() => makeFetcher(token), [token]);
  const change = (event) => {
    const entered = event.target.value.trim();
    sessionStorage.setItem(STORED, entered);
    setToken(entered);
  };
  return (
    <div className="roadbook">
      <label className="roadbook-token">
        <span>Token</span>
        <input
          type="password"
          autoComplete="off"
          spellCheck="false"
          value={token}
          onChange={change}
          placeholder="paste what `roadbook token --organisation LV` prints"
        />
        <output>{token ? organisation(token) || 'unreadable' : 'signed in as nobody'}</output>
      </label>
      {/* Another token is another schema request, hence the key. */}
      <GraphiQL key={token} fetcher={fetcher} defaultQuery={EXAMPLE} isHeadersEditorEnabled={false} />
    </div>
  );
}

createRoot(document.getElementById('page')).render(<Page />);
