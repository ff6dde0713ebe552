// Where the page begins.

import './style/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import { MessagesProvider } from './messages/messages';

const page = document.getElementById('page');
if (page) {
  createRoot(page).render(
    <StrictMode>
      <MessagesProvider>
        <App />
      </MessagesProvider>
    </StrictMode>,
  );
}
