import { builder } from '../builder.ts'
import { maxListLength } from './comparators.ts'

const list = `At most ${maxListLength}; an empty list is nothing.`

/** The comparators that every filter is made of. All operators that are given hold together. */

export const IDFilterInput = builder.inputType('IDFilter', {
  description: 'Compares what has an id; keys stand for ids.',
  fields: (t) => ({
    eq: t.id({ description: 'This one.' }),
    in: t.idList({ description: `One of these. ${list}` }),
    notIn: t.idList({ description: `None of these. At most ${maxListLength}.` }),
  }),
})

export const StringFilterInput = builder.inputType('StringFilter', {
  description: 'Compares text, without case.',
  fields: (t) => ({
    eq: t.string({ description: 'The whole text.' }),
    in: t.stringList({ description: `One of these whole texts. ${list}` }),
    contains: t.string({ description: 'A part of the text; % and _ stand for themselves.' }),
    startsWith: t.string({ description: 'How the text begins; % and _ stand for themselves.' }),
    isNull: t.boolean({ description: 'True where there is no text, false where there is some.' }),
  }),
})

export const DateTimeFilterInput = builder.inputType('DateTimeFilter', {
  description: 'Compares times.',
  fields: (t) => ({
    gte: t.field({ type: 'RelativeDateTime', description: 'At this time or later.' }),
    gt: t.field({ type: 'RelativeDateTime', description: 'Later than this.' }),
    lte: t.field({ type: 'RelativeDateTime', description: 'At this time or earlier.' }),
    lt: t.field({ type: 'RelativeDateTime', description: 'Earlier than this.' }),
    isNull: t.boolean({ description: 'True where there is no time, false where there is one.' }),
  }),
})

export const UserFilterInput = builder.inputType('UserFilter', {
  description: 'Compares people; usernames stand for ids.',
  fields: (t) => ({
    eq: t.id({ description: 'This user.' }),
    in: t.idList({ description: `One of these users. ${list}` }),
    isViewer: t.boolean({ description: 'True for whoever asks, false for anybody else or nobody.' }),
    isNull: t.boolean({ description: 'True where there is nobody, false where there is somebody.' }),
  }),
})

export const LabelFilterInput = builder.inputType('LabelFilter', {
  description: 'Compares the labels of a ticket by name, without case.',
  fields: (t) => ({
    some: t.stringList({ description: `Has at least one of these. ${list}` }),
    every: t.stringList({ description: `Has all of these. At most ${maxListLength}.` }),
    none: t.stringList({ description: `Has none of these. At most ${maxListLength}.` }),
    isEmpty: t.boolean({ description: 'True where there is no label, false where there is one.' }),
  }),
})

type Word = 'TicketStatus' | 'Resolution' | 'Disposition' | 'Priority' | 'Severity'

/** The comparator of an enum. */
export const enumFilter = (type: Word) =>
  builder.inputType(`${type}Filter`, {
    description: `Compares a ${type}.`,
    fields: (t) => ({
      eq: t.field({ type, description: 'This one.' }),
      in: t.field({ type: [type], description: `One of these. ${list}` }),
      notIn: t.field({ type: [type], description: `None of these, or none at all. At most ${maxListLength}.` }),
    }),
  })

/** The comparator of an enum whose words have a rank. */
export const rankedFilter = (type: 'Priority' | 'Severity') =>
  builder.inputType(`${type}Filter`, {
    description: `Compares a ${type}.`,
    fields: (t) => ({
      eq: t.field({ type, description: 'This one.' }),
      in: t.field({ type: [type], description: `One of these. ${list}` }),
      notIn: t.field({ type: [type], description: `None of these, or none at all. At most ${maxListLength}.` }),
      gte: t.field({ type, description: 'This one or higher.' }),
      lte: t.field({ type, description: 'This one or lower.' }),
    }),
  })
