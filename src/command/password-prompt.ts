import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { type CommandContext, CommandError, UsageError } from './command.ts'

type Terminal = Pick<CommandContext, 'stdin' | 'stderr'>

/** Asks for a new password twice without showing it, or reads it from redirected standard input. */
export async function readPassword({ stdin, stderr }: Terminal, prompt: string): Promise<string> {
  if (!stdin.isTTY) return (await text(stdin)).replace(/\r?\n$/, '')
  const silence = new Writable({ write: (_chunk, _encoding, onDone) => onDone() })
  using lines = createInterface({ input: stdin, output: silence, terminal: true })
  lines.on('SIGINT', () => lines.close())
  // Unlike `question`, the iterator keeps a line that arrives before its prompt, such as a pasted one.
  const input = lines[Symbol.asyncIterator]()
  const ask = async (question: string) => {
    stderr.write(question)
    const { value, done } = await input.next()
    stderr.write('\n')
    if (done) throw new CommandError('Interrupted: the password was not changed.')
    return value
  }
  const password = await ask(`${prompt}: `)
  if ((await ask('Repeat the password: ')) !== password) throw new UsageError('The passwords are different.')
  return password
}
