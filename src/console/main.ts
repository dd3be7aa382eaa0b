// This runs before any schema is made: zod would compile them, which violates the Content-Security-Policy.
import './zod-settings';
import '@mantine/core/styles.css';
import './style.css';
import './session-view.css';
import './deployment.css';
import './maintenance.css';
import './campaigns.css';
import './readings.css';
import { loadCode, reloadIfUpdated } from './loading/code';
import { loadCatalogue } from './messages/catalogues';
import { languageOfBrowser } from './messages/chosen-language';

/** The application and the texts of one language are loaded at the same time. */
async function start(): Promise<void> {
  const language = languageOfBrowser();
  const [{ show }, texts] = await Promise.all([loadCode(() => import('./app')), loadCatalogue(language)]);
  show(document.getElementById('root')!, { language, texts });
}

start().catch((error: unknown) => {
  console.error(error);
  // index.html has the message, in both languages
  document.getElementById('starting')?.classList.add('failed');
  return reloadIfUpdated();
});
