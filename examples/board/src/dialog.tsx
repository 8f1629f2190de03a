import { type ReactNode, useId, useState } from 'react'

interface Props {
  readonly title: string
  readonly onClose: () => void
  readonly children: ReactNode
}

/** Returns a function that moves the focus back to the element that opened the dialog. */
function show(dialog: HTMLDialogElement) {
  dialog.showModal()
  return () => dialog.close()
}

/** A modal dialog, which is open while it is rendered. Escape closes it. */
export function Dialog({ title, onClose, children }: Props) {
  const titleId = useId()
  return (
    <dialog ref={show} aria-labelledby={titleId} onClose={onClose}>
      <h2 id={titleId}>{title}</h2>
      {children}
    </dialog>
  )
}

interface ButtonProps {
  readonly text: string
  readonly className?: string
  readonly disabled?: boolean
  /** Title of the dialog. */
  readonly title: string
  readonly children: (close: () => void) => ReactNode
}

/** A button that opens a dialog. */
export function DialogButton({ text, className, disabled, title, children }: ButtonProps) {
  const [open, setOpen] = useState(false)
  const close = () => setOpen(false)
  return (
    <>
      <button type="button" className={className} disabled={disabled} onClick={() => setOpen(true)}>
        {text}
      </button>
      {open && (
        <Dialog title={title} onClose={close}>
          {children(close)}
        </Dialog>
      )}
    </>
  )
}
