import { Button, Menu } from '@mantine/core'
import { addressOf } from '../../api/request.ts'
import { Icon } from '../../ui/icon.tsx'
import type { LedgerSearch } from './search.ts'

const formats = [
  { format: 'jsonl', label: 'JSON Lines' },
  { format: 'json', label: 'One JSON document' },
  { format: 'csv', label: 'CSV, for spreadsheets' },
] as const

/** Hands the entries under the filters out as a file that verifies offline. The browser takes it piece by piece. */
export function ProvenExport({ search }: { readonly search: LedgerSearch }) {
  const isWhole = Object.keys(search).length === 0
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button variant="default" leftSection={<Icon name="download" size={14} />} data-testid="proven-export">
          Export with proofs
        </Button>
      </Menu.Target>
      <Menu.Dropdown maw={320}>
        <Menu.Label>
          {isWhole
            ? 'The whole ledger: nothing can be missing.'
            : 'What fits the filters, each entry with its proof. That none is missing, only the whole ledger shows.'}
        </Menu.Label>
        {formats.map(({ format, label }) => (
          <Menu.Item key={format} component="a" href={addressOf('/ledger/export', { ...search, format })} download>
            {label}
          </Menu.Item>
        ))}
        <Menu.Label>
          Check it with <code>metaagent audit verify FILE</code>
        </Menu.Label>
      </Menu.Dropdown>
    </Menu>
  )
}
