import { Prisma } from '../../prisma/generated/client.ts'

/** Interpolated values become parameters; SQL fragments are inlined. */
export const { sql, join, raw, empty } = Prisma

export type Sql = Prisma.Sql
