import type { Command } from 'commander'

/** Completion scripts, made of the commands themselves, so that they never know other ones. */

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

interface Node {
  /** Words from the program to the command, for example `ticket explain`. */
  path: string[]
  commands: { name: string; description: string }[]
  options: { flags: string[]; description: string; values: readonly string[]; takesValue: boolean }[]
}

/** Every command of the tree, the program first. */
export function nodesOf(command: Command, path: string[] = [], inherited: Node['options'] = []): Node[] {
  const options = [
    ...command.options
      .filter(({ hidden }) => !hidden)
      .map(({ short, long, description, argChoices = [], required, optional }) => ({
        flags: [short, long].filter((flag): flag is string => Boolean(flag)),
        description,
        values: argChoices,
        takesValue: required || optional,
      })),
    ...inherited,
  ]
  const children = command.commands
  return [
    {
      path,
      commands: children.map((child) => ({ name: child.name(), description: child.description() })),
      options,
    },
    ...children.flatMap((child) => nodesOf(child, [...path, child.name()], options)),
  ]
}

export function completionScript(program: Command, shell: Shell): string {
  const nodes = nodesOf(program)
  const name = program.name()
  return { bash, zsh, fish }[shell](name, nodes)
}

const quoted = (text: string): string => `'${text.replace(/'/g, "'\\''")}'`
const wordsOf = ({ commands, options }: Node): string =>
  [...commands.map(({ name }) => name), ...options.flatMap(({ flags }) => flags)].join(' ')

/** Which command is being typed: the words without options, as far as they name commands. */
function bash(name: string, nodes: Node[]): string {
  const id = `_${name.replace(/\W/g, '_')}`
  const cases = nodes.map((node) => `    ${quoted(node.path.join(' '))}) words=${quoted(wordsOf(node))} ;;`)
  const known = nodes.filter(({ path }) => path.length > 0).map(({ path }) => quoted(path.join(' ')))
  const values = valuesOf(nodes).map(
    ([flag, choices]) =>
      `    ${flag}) COMPREPLY=($(compgen -W ${quoted(choices.join(' '))} -- "$current")); return ;;`,
  )
  const files = fileFlags(nodes).join('|')
  return `# bash completion of ${name}: source <(${name} completion bash)
${id}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="" words="" word next
  case "$previous" in
${values.join('\n')}
    ${files}) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    next="\${command:+$command }$word"
    case "$next" in
      ${known.join('|')}) command="$next" ;;
    esac
  done
  case "$command" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [[ \${#COMPREPLY[@]} -eq 0 ]]; then COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -o filenames -F ${id} ${name}
`
}

function zsh(name: string, nodes: Node[]): string {
  const id = `_${name.replace(/\W/g, '_')}`
  const described = (text: string, description: string) =>
    quoted(`${text.replace(/:/g, '\\:')}:${description}`)
  const cases = nodes.map(({ path, commands, options }) => {
    const words = [
      ...commands.map(({ name, description }) => described(name, description)),
      ...options.flatMap(({ flags, description }) => flags.map((flag) => described(flag, description))),
    ]
    return `    ${quoted(path.join(' '))}) candidates=(${words.join(' ')}) ;;`
  })
  const known = nodes.filter(({ path }) => path.length > 0).map(({ path }) => quoted(path.join(' ')))
  const values = valuesOf(nodes).map(
    ([flag, choices]) => `    ${flag}) compadd -- ${choices.map(quoted).join(' ')}; return ;;`,
  )
  return `#compdef ${name}
# zsh completion of ${name}: ${name} completion zsh > "\${fpath[1]}/_${name}"
${id}() {
  local command="" word next
  local -a candidates
  case "\${words[CURRENT-1]}" in
${values.join('\n')}
    ${fileFlags(nodes).join('|')}) _files; return ;;
  esac
  for word in "\${(@)words[2,CURRENT-1]}"; do
    next="\${command:+$command }$word"
    case "$next" in
      ${known.join('|')}) command="$next" ;;
    esac
  done
  case "$command" in
${cases.join('\n')}
  esac
  _describe '${name}' candidates || _files
}
if [ "$funcstack[1]" = "${id}" ]; then ${id} "$@"; else compdef ${id} ${name}; fi
`
}

function fish(name: string, nodes: Node[]): string {
  const id = `__${name.replace(/\W/g, '_')}_at`
  const known = nodes.filter(({ path }) => path.length > 0).map(({ path }) => quoted(path.join(' ')))
  const lines = nodes.flatMap(({ path, commands, options }) => {
    const here = `-n ${quoted(`${id} ${path.join(' ')}`.trim())}`
    return [
      ...commands.map(
        (child) => `complete -c ${name} -f ${here} -a ${quoted(child.name)} -d ${quoted(child.description)}`,
      ),
      ...options.map(({ flags, description, values, takesValue }) => {
        const names = flags.map((flag) =>
          flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
        )
        const choices = values.length ? ` -x -a ${quoted(values.join(' '))}` : takesValue ? ' -r' : ''
        return `complete -c ${name} ${here} ${names.join(' ')}${choices} -d ${quoted(description)}`
      }),
    ]
  })
  return `# fish completion of ${name}: ${name} completion fish > ~/.config/fish/completions/${name}.fish
function ${id}
  set -l command ''
  for word in (commandline -opc)[2..-1]
    set -l next (string trim "$command $word")
    if contains -- "$next" ${known.join(' ')}
      set command $next
    end
  end
  test "$command" = "$argv"
end
${lines.join('\n')}
`
}

/** Options with fixed values, by flag. */
function valuesOf(nodes: Node[]): [string, readonly string[]][] {
  const found = new Map<string, readonly string[]>()
  for (const { options } of nodes)
    for (const { flags, values } of options)
      if (values.length) for (const flag of flags) found.set(flag, values)
  return [...found]
}

/** Options whose value is a file. */
const fileFlags = (nodes: Node[]): string[] => [
  ...new Set(
    nodes.flatMap(({ options }) =>
      options.flatMap(({ flags }) => flags.filter((flag) => /file|config/.test(flag))),
    ),
  ),
]
