import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createBrowserRouter, RouterProvider } from 'react-router';
import { queryClient } from './api/query-client';
import { loadOnIntent } from './loading/load-on-intent';
import { LanguageNotLoaded } from './loading/not-loaded';
import type { Catalogue } from './messages/catalogues';
import { LanguageProvider } from './messages/language';
import { routes } from './routes';
import { theme, variables } from './theme';

export function show(root: HTMLElement, catalogue: Catalogue): void {
  loadOnIntent(document, routes);
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
        <LanguageProvider first={catalogue}>
          <QueryClientProvider client={queryClient}>
            <RouterProvider router={createBrowserRouter(routes)} />
          </QueryClientProvider>
          <LanguageNotLoaded />
        </LanguageProvider>
      </MantineProvider>
    </StrictMode>,
  );
}
