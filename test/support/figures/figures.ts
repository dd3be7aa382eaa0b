import { STEPS, type Step } from '../../../src/protocol/steps';

/** The lifelines of the figures, and the programs that log their steps. Web Agent, Cloud Hub and Master are the relay. */
export const PROGRAMS = {
  terminal: 'terminal',
  'control plane': 'server',
  Master: 'relay',
  'Web Agent': 'relay',
  'Cloud Hub': 'relay',
  /** The Cloud Hub Agent. */
  agent: 'agent',
  /** The server application of the device. The agent shows its approval screen and sees its bytes. */
  application: 'agent',
} as const;
export type Lifeline = keyof typeof PROGRAMS;

export interface Row {
  readonly step: Step;
  /** Another figure shows what comes before: this row only connects to it, in stories that have both. */
  readonly isReference: boolean;
  readonly from: Lifeline;
  /** undefined: a step without an arrow. */
  readonly to: Lifeline | undefined;
  /** The ends that log the step. */
  readonly loggedBy: readonly Lifeline[];
}

/**
 * The figures of US 2019/0004748 that have steps. One row per arrow, from the top to the bottom of the figure. What
 * happens in parallel is in different figures. `(S149)`: a step of another figure, which is named beside it. `*`: logged
 * at this end; without one, the sender logs the step.
 */
export const FIGURES = {
  // login
  'Fig. 6': rows(`
    S101    *terminal -> *control plane       user ID and password
    S102    control plane                     the decision
    S103    control plane -> terminal         permitted or refused
  `),

  // maintenance without a session
  'Fig. 7': rows(`
    S121    *terminal -> *control plane       device and operation
    S122    control plane -> agent            XMPP: execute
    S123    agent                             execution
    S124    *agent -> *control plane          XMPP: the result
    S125    control plane -> terminal         the result
  `),

  // start of a remote session
  'Fig. 8': rows(`
    S141    *terminal -> *control plane       device and application
    S142    control plane -> application      XMPP: request for approval
    S143    application                       approval screen
    S144    application -> control plane      XMPP: YES
    S145    control plane -> Master           request for connection information
    S146    Master                            session IDs
    S147    Master -> control plane           session IDs
    S148    control plane                     tokens
    S149    control plane -> application      XMPP: token and session ID
    S150    control plane                     token and session ID for the terminal, which polls
  `),

  // the device's half is established
  'Fig. 9': rows(`
    (S149)  control plane -> application      Fig. 8
    S171    application -> agent              token and session ID
    S172    agent -> Cloud Hub                WebSocket, token and session ID
    S173    Cloud Hub -> control plane        token
    S174    control plane                     authentication
    S175    control plane -> Cloud Hub        permitted or refused
    S176    Cloud Hub                         start log
    S177    Cloud Hub -> control plane        start log, token
    S178    control plane                     start log
    S179    control plane -> Cloud Hub        acknowledgement
    S180    Cloud Hub -> agent                established
  `),

  // the terminal's half is established
  'Fig. 10': rows(`
    (S141)  terminal -> control plane         Fig. 8
    (S148)  control plane                     Fig. 8
    S201    terminal -> control plane         poll, until S202
    S202    *control plane -> *terminal       token and session ID
    S203    terminal                          the client is started
    S204    terminal -> Web Agent             WebSocket, token and session ID
    S205    Web Agent -> Cloud Hub            token and session ID
    S206    Cloud Hub -> control plane        token
    S207    control plane                     authentication
    S208    control plane -> Cloud Hub        permitted or refused
    S209    Cloud Hub                         start log
    S210    Cloud Hub -> control plane        start log, token
    S211    control plane                     start log
    S212    control plane -> Cloud Hub        acknowledgement
    S213    Cloud Hub -> Web Agent            established
    S214    Web Agent -> terminal             established
  `),

  // a request through the session
  'Fig. 12': rows(`
    (S180)  Cloud Hub -> agent                Fig. 9
    (S214)  Web Agent -> terminal             Fig. 10
    S231    terminal                          request with relaying header
    S232    terminal -> Web Agent             request
    S233    Web Agent -> Cloud Hub            request
    S234    Cloud Hub -> agent                request
    S235    agent                             application ID
    S236    agent                             relaying header removed
    S237    agent -> application              request
    S238    application                       response
    S239    application -> agent              response
    S240    agent                             relaying header added
    S241    agent -> Cloud Hub                response
    S242    Cloud Hub -> Web Agent            response
    S243    Web Agent -> terminal             response
  `),

  // the terminal ends the session: its half
  'Fig. 14': rows(`
    S261    terminal                          the user's request
    S262    terminal -> Web Agent             WebSocket: terminate
    S263    Web Agent -> Cloud Hub            terminate
    S264    Cloud Hub -> control plane        terminate, token
    S265    control plane -> application      XMPP: end the session
    S266    control plane -> Cloud Hub        accepted
    S267    Cloud Hub                         end log
    S268    Cloud Hub -> control plane        end log, token
    S269    control plane                     end log
    S270    control plane -> Cloud Hub        acknowledgement
    S271    Cloud Hub -> Web Agent            terminated
    S272    Web Agent -> terminal             terminated
    S273    terminal                          the user is informed
  `),

  // the device's half ends
  'Fig. 15': rows(`
    (S265)  control plane -> application      Fig. 14
    (S314)  control plane -> application      Fig. 16
    S291    application -> agent              end the session
    S292    agent -> Cloud Hub                WebSocket: terminate
    S293    Cloud Hub -> control plane        terminate, token
    S294    control plane -> Cloud Hub        accepted
    S295    Cloud Hub                         end log
    S296    Cloud Hub -> control plane        end log, token
    S297    control plane                     end log
    S298    control plane -> Cloud Hub        acknowledgement
    S299    Cloud Hub -> agent                terminated
  `),

  // deployment of the relay
  'Fig. 16': rows(`
    S311    control plane -> Master           query
    S312    Master -> control plane           devices in session
    S313    control plane                     device list screen
    S314    control plane -> application      XMPP: end the session
    (S297)  control plane                     Fig. 15
    S315    control plane -> terminal         halt
    S316    terminal                          the user is informed
    (S334)  control plane                     Fig. 17
    S317    control plane                     the deployment is executed
  `),

  // the control plane ends the terminal's half
  'Fig. 17': rows(`
    (S297)  control plane                     Fig. 15
    S331    control plane -> Cloud Hub        end the half
    S332    Cloud Hub                         end log
    S333    Cloud Hub -> control plane        end log, token
    S334    control plane                     end log
    S335    control plane -> Cloud Hub        acknowledgement
    S336    Cloud Hub -> Web Agent            terminated
    S337    Web Agent -> terminal             terminated
    S338    terminal                          the user is informed
  `),
} as const;
export type FigureName = keyof typeof FIGURES;

/** Steps that are in none of these figures. */
export const NOT_IN_FIGURES: Partial<Record<Step, string>> = {
  wake: 'of another source; test/e2e/wake.spec.ts asserts it',
  update: 'of another source: the update decision before a connection',
};

function rows(figure: string): readonly Row[] {
  return figure
    .trim()
    .split('\n')
    .map((line) => {
      const [label = '', arrow = ''] = line.trim().split(/ {2,}/);
      const ends = arrow.split(' -> ');
      const [from, to] = ends.map((end) => lifeline(end.replace('*', ''))) as [Lifeline, Lifeline | undefined];
      const marked = ends.filter((end) => end.startsWith('*')).map((end) => lifeline(end.slice(1)));
      const loggedBy = marked.length > 0 ? marked : [from];
      return { step: step(label.replace(/[()]/g, '')), isReference: label.startsWith('('), from, to, loggedBy };
    });
}

function lifeline(name: string): Lifeline {
  if (!(name in PROGRAMS)) throw new Error(`a figure has no lifeline ${name}`);
  return name as Lifeline;
}

function step(name: string): Step {
  if (!(name in STEPS)) throw new Error(`there is no step ${name}`);
  return name as Step;
}
