interface Props {
  /** Text of the button that submits the form. */
  readonly submit: string
  readonly disabled?: boolean
  /** What the user should know before the form is submitted. */
  readonly hint?: string | null | undefined
  readonly onCancel?: (() => void) | undefined
}

/** The buttons at the end of a form. */
export const FormButtons = ({ submit, disabled, hint, onCancel }: Props) => (
  <div className="buttons">
    <p role="status" className="hint">
      {hint}
    </p>
    {onCancel && (
      <button type="button" onClick={onCancel}>
        Cancel
      </button>
    )}
    <button type="submit" className="primary" disabled={disabled}>
      {submit}
    </button>
  </div>
)
