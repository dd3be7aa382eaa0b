// Import this before all schemas: zod would compile them, which violates the Content-Security-Policy.
import './zod-settings';
import '@mantine/core/styles.css';
import './style.css';
import './session-view.css';
import './deployment.css';
import './maintenance.css';
import './campaigns.css';
import './readings.css';
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router';
import { queryClient } from './api/query-client';
import { LanguageProvider } from './messages/language';
import { router } from './routes';
import { theme, variables } from './theme';

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <LanguageProvider>
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </LanguageProvider>
    </MantineProvider>
  </StrictMode>,
);
