export * from '@habtwin/runtime/audit/log'
