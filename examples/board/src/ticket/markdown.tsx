import type { ReactNode } from 'react'
import ReactMarkdown, { type Components } from 'react-markdown'
import remarkGfm from 'remark-gfm'

const ExternalLink = ({ href, children }: { readonly href?: string | undefined; readonly children?: ReactNode }) => (
  <a href={href} rel="noopener noreferrer nofollow" target="_blank">
    {children}
  </a>
)

const components: Components = {
  a: ({ href, children }) => <ExternalLink href={href}>{children}</ExternalLink>,
  // An image would be a request to another host, which its author could observe.
  img: ({ src, alt }) => <ExternalLink href={src}>{alt || src}</ExternalLink>,
}

/** Renders Markdown of users. HTML in it is text, and URLs have safe protocols only. */
export const Markdown = ({ text }: { readonly text: string }) => (
  <div className="markdown">
    <ReactMarkdown remarkPlugins={[remarkGfm]} components={components}>
      {text}
    </ReactMarkdown>
  </div>
)
