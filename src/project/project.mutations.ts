import { z } from 'zod'
import { bodyText, nameText, notNull, projectReference, userReference } from '../check.ts'
import { mutation } from '../mutation.ts'
import { projectKeyPattern } from '../reference.ts'
import { write } from '../write.ts'
import { createProject, setProjectMember, updateProject } from './project.actions.ts'
import { ProjectMember } from './project.type.ts'

const name = nameText(100)
const description = bodyText.nullable()
const key = z
  .string()
  .regex(projectKeyPattern, 'must be 2 to 10 letters and digits, and begin with a letter')
  .transform((value) => value.toUpperCase())

mutation('createProject', {
  description: 'Makes a project; you become its MAINTAINER.',
  input: (t) => ({
    key: t.string({
      required: true,
      description: 'Begins the keys of its tickets: 2 to 10 of A-Z and 0-9, a letter first. Never changes.',
    }),
    name: t.string({ required: true, description: 'The name that people read.' }),
    description: t.string({ description: 'What it is about, in Markdown.' }),
    defaultRole: t.field({
      type: 'ProjectRole',
      description: 'What every signed-in user may do there; left out, only members see it.',
    }),
  }),
  rules: { key, name, description },
  resolve: async (input, context) => ({
    project: await write(context, (tx, viewer) => createProject(tx, viewer, input)),
  }),
  payload: (t) => ({ project: t.expose('project', { type: 'Project', description: 'The new project.' }) }),
})

mutation('updateProject', {
  description: 'Changes a project, archives it or takes it back into use. For its MAINTAINERs.',
  input: (t) => ({
    id: t.id({ required: true, description: 'The id or the key.' }),
    name: t.string({ description: 'The name that people read.' }),
    description: t.string({ description: 'What it is about, in Markdown; null clears it.' }),
    defaultRole: t.field({
      type: 'ProjectRole',
      description: 'What every signed-in user may do there; null leaves it to its members.',
    }),
    archived: t.boolean({ description: 'True puts it away: it can only be read then. False takes it back.' }),
  }),
  rules: { id: projectReference, name, description, archived: notNull },
  resolve: async ({ name, archived, ...input }, context) => ({
    project: await write(context, (tx, viewer) =>
      updateProject(tx, viewer, { ...input, name: name ?? undefined, archived: archived ?? undefined }),
    ),
  }),
  payload: (t) => ({ project: t.expose('project', { type: 'Project', description: 'The project as it is now.' }) }),
})

mutation('setProjectMember', {
  description: 'Gives a user a role in a project, or takes them out of it. For its MAINTAINERs.',
  input: (t) => ({
    projectId: t.id({ required: true, description: 'The id or the key of the project.' }),
    userId: t.id({ required: true, description: 'The id or the username of the user.' }),
    role: t.field({
      type: 'ProjectRole',
      description: 'The role from now on; null takes the user out of the project.',
    }),
  }),
  rules: { projectId: projectReference, userId: userReference },
  validate: ({ role }) =>
    role === undefined ? [{ path: 'role', message: 'must be a role, or null to take the user out' }] : [],
  resolve: ({ role, ...input }, context) =>
    write(context, (tx, viewer) => setProjectMember(tx, viewer, { ...input, role: role ?? null })),
  payload: (t) => ({
    project: t.expose('project', { type: 'Project', description: 'The project.' }),
    member: t.expose('member', {
      type: ProjectMember,
      nullable: true,
      description: 'The user in their role; null once taken out.',
    }),
  }),
})
