import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const server = 'http://127.0.0.1:8001'

export default defineConfig(({ mode }) => ({
  plugins: [react()],
  // Setting the conditions replaces Vite's own, so those are repeated. The first one reads workspace packages from source.
  resolve: {
    conditions: ['@metaagent/source', 'module', 'browser', mode === 'production' ? 'production' : 'development'],
  },
  build: {
    outDir: 'dist',
    target: 'es2024',
    // The server sends a policy without 'unsafe-inline' for scripts; modulepreload needs no inline polyfill there.
    modulePreload: { polyfill: false },
    // Fonts stay files: inlined, they would delay the styles and break `font-src 'self'`.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules[\\/](react|react-dom|scheduler)[\\/]/ },
            // Together, so that Zod is told not to use `eval` before any other chunk can make a schema.
            { name: 'zod', test: /node_modules[\\/]zod[\\/]|[\\/]no-eval\.ts$/ },
            { name: 'echarts', test: /node_modules[\\/](echarts|zrender)[\\/]/ },
          ],
        },
      },
    },
  },
  server: {
    port: 5173,
    proxy: { '/api': server, '/v1': server, '/docs': server },
  },
}))
