import { Problem } from '@onus/kit/problems'

/** An SMTP refusal, as smtp-server takes it: its enhanced status code follows from the reply code. */
export class SmtpRefusal extends Error {
  readonly responseCode: number

  constructor(responseCode: number, message: string) {
    super(message)
    this.responseCode = responseCode
  }
}

export const refusals = {
  unknownAddress: () => new SmtpRefusal(550, 'No such mailbox here'),
  tooManyRecipients: (most: number) => new SmtpRefusal(452, `At most ${most} recipients for one mail`),
  tooManyUnknown: () => new SmtpRefusal(421, 'Too many unknown recipients'),
  tooLarge: (maxBytes: number) => new SmtpRefusal(552, `A mail has at most ${maxBytes} bytes`),
  unreadable: () => new SmtpRefusal(554, 'The mail cannot be taken'),
  later: () => new SmtpRefusal(451, 'The mail cannot be kept now, send it again later'),
}

/**
 * Enhanced status codes (RFC 3463) by reply code, where the usual ones do not say what is meant here: 552 is
 * never a full mailbox, 452 never a full disk.
 */
export const ENHANCED_CODES: Readonly<Record<number, string>> = {
  421: '4.3.2',
  451: '4.3.0',
  452: '4.5.3',
  550: '5.1.1',
  552: '5.3.4',
  554: '5.6.0',
}

/** What the sender is told when the ticket service did not take the mail. Nothing but 250 means that it is kept. */
export function refusalFor(error: unknown, maxBytes: number): SmtpRefusal {
  if (error instanceof SmtpRefusal) return error
  if (error instanceof Problem) {
    if (error.reason === 'not-found') return refusals.unknownAddress()
    if (error.reason === 'payload-too-large') return refusals.tooLarge(maxBytes)
    if (error.reason === 'invalid-request') return refusals.unreadable()
  }
  return refusals.later()
}
