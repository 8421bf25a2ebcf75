import { serveOffline } from '@attune/demo-parts/serve-offline';

serveOffline('attune-nlp-demo');
