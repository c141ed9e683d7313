# The commands of this repository under the names that operations teams look for. Filters and options go into ARGS:
#   make audit-export ARGS="--from 2026-11-01 --format csv --out ledger.csv"
#   make audit-verify FILE=ledger.csv ARGS="--key VKEY"

CLI = node --conditions=@metaagent/source packages/server/src/app/cli.ts

.PHONY: help start demo test check audit-tail audit-export audit-verify audit-anchor

help:
	@echo "make start          serve the dashboard and the API"
	@echo "make demo           show the whole line on real runs"
	@echo "make test           every test, on both stores"
	@echo "make check          types, lint, format, dead code, licences"
	@echo "make audit-tail     print the audit trail as it grows        (METAAGENT_API_KEY)"
	@echo "make audit-export   the audit trail as a file with proofs    (METAAGENT_API_KEY)"
	@echo "make audit-verify   check such a file offline                FILE=…"
	@echo "make audit-anchor   keep the newest checkpoint outside now   (METAAGENT_API_KEY)"

start:
	npm run start -- $(ARGS)

demo:
	npm run demo -- $(ARGS)

test:
	npm test -- $(ARGS)

check:
	npm run check

audit-tail:
	@$(CLI) audit tail $(ARGS)

audit-export:
	@$(CLI) audit export $(ARGS)

audit-verify:
	@test -n "$(FILE)" || { echo "Name the file: make audit-verify FILE=ledger.jsonl"; exit 2; }
	@$(CLI) audit verify $(ARGS) -- $(FILE)

audit-anchor:
	@$(CLI) audit anchor $(ARGS)
