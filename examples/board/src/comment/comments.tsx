import { type FormEvent, useState } from 'react'
import { useMutation } from 'urql'
import { ErrorMessage } from '../api/error-message.tsx'
import { FormButtons } from '../form-buttons.tsx'
import { graphql } from '../generated/gql.ts'
import type { ThreadCommentFragment, TicketDetailsFragment } from '../generated/graphql.ts'
import { Markdown } from '../ticket/markdown.tsx'
import { Time } from '../ticket/time.tsx'

export const ThreadComment = graphql(`
  fragment ThreadComment on Comment {
    id body createdAt editedAt deletedAt
    author { id name }
    parent { id }
    viewerCan { reply }
  }
`)

const AddComment = graphql(`
  mutation AddComment($input: AddCommentInput!) {
    addComment(input: $input) { comment { id ticket { ...TicketDetails } } }
  }
`)

/** The threads of a ticket. The server lists comments and replies together, oldest first. */
export function Comments({ ticket }: { readonly ticket: TicketDetailsFragment }) {
  const { nodes, totalCount } = ticket.comments
  return (
    <section className="card" aria-labelledby="comments">
      <h2 id="comments">Comments</h2>
      {totalCount > nodes.length && <p className="muted">These are the first {nodes.length} comments.</p>}
      <Thread ticketId={ticket.id} parentId={null} comments={nodes} />
      {ticket.viewerCan.comment && <CommentForm ticketId={ticket.id} parentId={null} title="Add a comment" />}
    </section>
  )
}

interface ParentProps {
  readonly ticketId: string
  /** Null for the comments that are no replies. */
  readonly parentId: string | null
}

interface ThreadProps extends ParentProps {
  readonly comments: readonly ThreadCommentFragment[]
}

function Thread({ ticketId, parentId, comments }: ThreadProps) {
  const children = comments.filter(({ parent }) => (parent?.id ?? null) === parentId)
  if (children.length === 0) return null
  return (
    <ul className="thread">
      {children.map((comment) => (
        <li key={comment.id}>
          <Comment ticketId={ticketId} comment={comment} />
          <Thread ticketId={ticketId} parentId={comment.id} comments={comments} />
        </li>
      ))}
    </ul>
  )
}

function Comment({ ticketId, comment }: { readonly ticketId: string; readonly comment: ThreadCommentFragment }) {
  const [isReplying, setIsReplying] = useState(false)
  const { id, author, body, createdAt, editedAt, deletedAt, viewerCan } = comment
  return (
    <article>
      <p>
        <strong>{author.name}</strong>{' '}
        <span className="muted">
          <Time value={createdAt} />
          {editedAt && ', edited'}
        </span>
      </p>
      {deletedAt ? <p className="muted">This comment was deleted.</p> : <Markdown text={body} />}
      {isReplying ? (
        <CommentForm
          ticketId={ticketId}
          parentId={id}
          title={`Reply to ${author.name}`}
          onClose={() => setIsReplying(false)}
        />
      ) : (
        viewerCan.reply && (
          <button type="button" className="link" onClick={() => setIsReplying(true)}>
            Reply
          </button>
        )
      )}
    </article>
  )
}

interface FormProps extends ParentProps {
  readonly title: string
  readonly onClose?: () => void
}

function CommentForm({ ticketId, parentId, title, onClose }: FormProps) {
  const [{ error, fetching }, addComment] = useMutation(AddComment)
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const body = String(new FormData(form).get('body'))
    const result = await addComment({ input: { ticketId, parentId, body } })
    if (result.error) return
    form.reset()
    onClose?.()
  }
  return (
    <form onSubmit={submit} className="stack">
      <label>
        {title}
        {/* biome-ignore lint/a11y/noAutofocus: the user has just asked to reply. */}
        <textarea name="body" rows={3} placeholder="Markdown" required autoFocus={parentId !== null} />
      </label>
      <ErrorMessage error={error} />
      <FormButtons submit={parentId === null ? 'Comment' : 'Send reply'} disabled={fetching} onCancel={onClose} />
    </form>
  )
}
