// Where the page begins.

import './style/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import { MessagesProvider } from './messages/messages';
import { takeTab } from './model/tab';
import { arrive } from './signIn/provided';

arrive();

const page = document.getElementById('page');
// Drafts belong to a tab, so it is known which one this is before anything is shown.
await takeTab();
if (page) {
  createRoot(page).render(
    <StrictMode>
      <MessagesProvider>
        <App />
      </MessagesProvider>
    </StrictMode>,
  );
}
