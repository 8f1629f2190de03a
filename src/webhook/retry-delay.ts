export const maxStoredAttempts = 20
