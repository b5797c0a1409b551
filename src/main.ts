import { serve } from './serve.js';

await serve(process.env, { sampleData: !process.argv.includes('--empty') });
