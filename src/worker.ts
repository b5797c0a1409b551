import { startWorker, stopOnSignals } from './application.js';

startWorker(process.env).then(stopOnSignals, (error: Error) => {
  console.error(`assay worker: ${error.message}`);
  process.exitCode = 1;
});
