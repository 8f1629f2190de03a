interface Props {
  /** Text of the button that submits the form. */
  readonly submit: string
  readonly disabled?: boolean
  readonly onCancel?: (() => void) | undefined
}

/** The buttons at the end of a form. */
export const FormButtons = ({ submit, disabled, onCancel }: Props) => (
  <div className="buttons">
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
