import { type ReactNode, useId, useState } from 'react'
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components/Button'
import { Checkbox as AriaCheckbox, type CheckboxProps } from 'react-aria-components/Checkbox'
import { FieldError } from 'react-aria-components/FieldError'
import { Input } from 'react-aria-components/Input'
import { Label } from 'react-aria-components/Label'
import { Text } from 'react-aria-components/Text'
import { TextArea } from 'react-aria-components/TextArea'
import { TextField as AriaTextField } from 'react-aria-components/TextField'
import { Tooltip, TooltipTrigger } from 'react-aria-components/Tooltip'
import { Icon, type IconName } from './icons.tsx'

export interface ButtonProps extends AriaButtonProps {
  look?: 'plain' | 'primary' | 'quiet' | 'danger'
  icon?: IconName
  size?: 'small' | 'normal'
}

export function Button({
  look = 'plain',
  icon,
  size = 'normal',
  className,
  children,
  ...props
}: ButtonProps) {
  return (
    <AriaButton {...props} className={`button button-${look} button-${size} ${className ?? ''}`}>
      {icon && <Icon name={icon} />}
      {children as ReactNode}
    </AriaButton>
  )
}

/** A button of one icon; its name is its tooltip too. */
export function IconButton(props: Omit<ButtonProps, 'children'> & { icon: IconName; label: string }) {
  const { label, ...rest } = props
  return (
    <TooltipTrigger delay={500}>
      <Button
        {...rest}
        look={props.look ?? 'quiet'}
        aria-label={label}
        className={`icon-button ${props.className ?? ''}`}
      />
      <Tooltip className="tooltip" offset={6}>
        {label}
      </Tooltip>
    </TooltipTrigger>
  )
}

export function TextField(props: {
  label: string
  value: string
  onChange: (value: string) => void
  description?: string
  error?: ReactNode
  type?: 'text' | 'email' | 'url' | 'time' | 'number' | 'date' | 'datetime-local' | 'password'
  multiline?: boolean
  rows?: number
  required?: boolean
  autoFocus?: boolean
  disabled?: boolean
  min?: string
  dir?: 'auto' | 'ltr'
  maxLength?: number
  name?: string
  max?: string
  autoComplete?: string
  hideLabel?: boolean
}) {
  const {
    label,
    hideLabel,
    max,
    description,
    error,
    multiline,
    rows,
    required,
    disabled,
    min,
    dir = 'auto',
    maxLength,
    ...rest
  } = props
  return (
    <AriaTextField
      {...rest}
      className="field"
      isRequired={required}
      isDisabled={disabled}
      isInvalid={error !== undefined}
      validationBehavior="aria"
    >
      <Label className={hideLabel ? 'visually-hidden' : 'field-label'}>{label}</Label>
      {multiline ? (
        <TextArea className="input" rows={rows ?? 3} dir={dir} maxLength={maxLength} />
      ) : (
        <Input className="input" dir={dir} min={min} max={max} maxLength={maxLength} />
      )}
      {description && (
        <Text slot="description" className="field-note">
          {description}
        </Text>
      )}
      <FieldError className="field-error">{error}</FieldError>
    </AriaTextField>
  )
}

export interface Choice<T extends string> {
  value: T
  label: string
  disabled?: boolean
}

/** The browser's own list: the fastest one there is on a phone and for the keyboard. */
export function Select<T extends string>(props: {
  label: string
  value: T
  onChange: (value: T) => void
  /** A function for hundreds: until somebody comes to choose, the page holds the chosen one alone. */
  options: readonly Choice<T>[] | (() => readonly Choice<T>[])
  hideLabel?: boolean
  description?: string
  error?: ReactNode
  disabled?: boolean
}) {
  const { label, value, onChange, hideLabel, description, error, disabled } = props
  const id = useId()
  const [wanted, setWanted] = useState(false)
  const all = typeof props.options === 'function' ? props.options() : props.options
  const options = wanted || all === props.options ? all : all.filter((option) => option.value === value)
  const want = () => setWanted(true)
  return (
    <div className="field">
      <label className={hideLabel ? 'visually-hidden' : 'field-label'} htmlFor={id}>
        {label}
      </label>
      <select
        id={id}
        className="input select"
        value={value}
        disabled={disabled}
        aria-invalid={error !== undefined || undefined}
        aria-describedby={description || error ? `${id}-note` : undefined}
        onFocus={want}
        onPointerDown={want}
        onChange={(event) => onChange(event.target.value as T)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value} disabled={option.disabled}>
            {option.label}
          </option>
        ))}
      </select>
      {(description || error) && (
        <span id={`${id}-note`} className={error ? 'field-error' : 'field-note'}>
          {error ?? description}
        </span>
      )}
    </div>
  )
}

export function Checkbox({ children, ...props }: Omit<CheckboxProps, 'children'> & { children: ReactNode }) {
  return (
    <AriaCheckbox {...props} className="checkbox">
      <span className="checkbox-box" aria-hidden="true">
        <Icon name="check" size={12} />
      </span>
      <span>{children}</span>
    </AriaCheckbox>
  )
}

/** One of a few, all in sight. */
export function Segmented<T extends string>(props: {
  label: string
  value: T
  onChange: (value: T) => void
  options: readonly Choice<T>[]
}) {
  return (
    <fieldset className="segmented">
      <legend className="visually-hidden">{props.label}</legend>
      {props.options.map(({ value, label }) => (
        <label key={value}>
          <input
            type="radio"
            name={props.label}
            value={value}
            checked={props.value === value}
            onChange={() => props.onChange(value)}
          />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  )
}
